// Customers: an id that payment methods are tied to. Names, addresses and e-mail are accepted and not kept.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Route } from './call.js';
import { route } from './call.js';
import { referenceMissing, resourceMissing } from './errors.js';
import { newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { isInRange, mergeMetadata, metadata, range, text, unread } from './params.js';
import type { Unit } from './store.js';

/** The customer that a parameter names; throws when there is none or it was deleted. */
export function existingCustomer(unit: Unit, id: string): Stripe.Customer {
  const customer = unit.find('customer', id);
  if (!customer || customer.deleted) throw referenceMissing('customer', id, 'customer');
  return customer;
}

function customerOfPath(unit: Unit, id: string): Stripe.Customer {
  const customer = unit.find('customer', id);
  if (!customer || customer.deleted) throw resourceMissing('customer', id);
  return customer;
}

const writable = {
  metadata: metadata.optional(),
  description: text.optional(),
  // Personal data: left unread on purpose.
  email: unread,
  name: unread,
  phone: unread,
  address: unread,
  shipping: unread,
  preferred_locales: unread,
  invoice_settings: z.strictObject({ default_payment_method: text }).optional(),
};

function invoiceSettings(defaultPaymentMethod: string | null): Stripe.Customer.InvoiceSettings {
  return {
    custom_fields: null,
    default_payment_method: defaultPaymentMethod,
    footer: null,
    rendering_options: null,
  };
}

function newCustomer(unit: Unit): Stripe.Customer {
  return {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: unit.now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_settings: invoiceSettings(null),
    livemode: false,
    metadata: {},
    name: null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

type Writable = z.output<z.ZodObject<typeof writable>>;

function withParams(customer: Stripe.Customer, params: Writable): Stripe.Customer {
  return {
    ...customer,
    description: params.description === undefined ? customer.description : params.description || null,
    metadata: mergeMetadata(customer.metadata, params.metadata),
    invoice_settings: params.invoice_settings
      ? invoiceSettings(params.invoice_settings.default_payment_method || null)
      : customer.invoice_settings,
  };
}

export const customerRoutes: readonly Route[] = [
  route('POST', '/v1/customers', z.strictObject(writable), ({ unit, params }) => {
    const customer = withParams(newCustomer(unit), params);
    unit.put('customer', customer);
    unit.emit('customer.created', customer);
    return customer;
  }),
  route(
    'GET',
    '/v1/customers',
    z.strictObject({ ...pageParams, created: range.optional() }),
    ({ unit, params }) => {
      const rows = unit.all('customer').filter((row): row is Stripe.Customer => !row.deleted);
      return pageOf(
        rows.filter((row) => isInRange(row.created, params.created)),
        params,
        '/v1/customers',
      );
    },
  ),
  route('GET', '/v1/customers/:id', z.strictObject({}), ({ unit, id }) => {
    const customer = unit.find('customer', id);
    if (!customer) throw resourceMissing('customer', id);
    return customer;
  }),
  route('POST', '/v1/customers/:id', z.strictObject(writable), ({ unit, id, params }) => {
    const before = customerOfPath(unit, id);
    const customer = withParams(before, params);
    unit.put('customer', customer);
    unit.emit('customer.updated', customer, { metadata: before.metadata, description: before.description });
    return customer;
  }),
  route('DELETE', '/v1/customers/:id', z.strictObject({}), ({ unit, id }) => {
    const before = customerOfPath(unit, id);
    // Deleting a customer detaches the methods for good.
    for (const method of unit.all('payment_method').filter((row) => row.customer === id)) {
      const facts = unit.find('method_facts', method.id);
      unit.put('payment_method', { ...method, customer: null });
      if (facts) unit.put('method_facts', { ...facts, spent: true });
    }
    const deleted: Stripe.DeletedCustomer = { id, object: 'customer', deleted: true };
    unit.put('customer', deleted);
    unit.emit('customer.deleted', before);
    return deleted;
  }),
];
