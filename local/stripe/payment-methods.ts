// Payment methods: copies of the test methods; creating one from a card number is refused at the door.
import { createHash } from 'node:crypto';
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Call, Route } from './call.js';
import { route } from './call.js';
import { existingCustomer } from './customers.js';
import type { ErrorBody } from './errors.js';
import { invalidRequest, referenceMissing, resourceMissing, withDocumentation } from './errors.js';
import { newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { mergeMetadata, metadata, text, unread } from './params.js';
import type { Unit } from './store.js';
import type { MethodFacts } from './tables.js';
import { TEST_METHODS } from './test-methods.js';
import type { Decline, TestMethod } from './test-methods.js';

/** A payment method with what decides how it behaves. */
export interface KnownMethod {
  method: Stripe.PaymentMethod;
  facts: MethodFacts;
  behaviour: TestMethod;
}

/** The same for every copy of one test card, as Stripe's fingerprint is the same for one card number. */
export function fingerprintOf(testMethod: string): string {
  const { brand, last4 } = TEST_METHODS[testMethod] ?? { brand: testMethod, last4: '' };
  return createHash('sha256')
    .update(`${brand} ${last4}`)
    .digest('base64url')
    .replaceAll(/[-_]/g, 'x')
    .slice(0, 16);
}

/** Test cards expire in August of the year after next. */
export function expiryOf(nowSeconds: number): { exp_month: number; exp_year: number } {
  return { exp_month: 8, exp_year: new Date(nowSeconds * 1000).getUTCFullYear() + 2 };
}

function detailsOf(unit: Unit, name: string, behaviour: TestMethod): Partial<Stripe.PaymentMethod> {
  const { type, brand, last4, country, funding } = behaviour;
  const fingerprint = fingerprintOf(name);
  if (type === 'sepa_debit') {
    return {
      sepa_debit: { bank_code: null, branch_code: null, country, fingerprint, generated_from: null, last4 },
    };
  }
  if (type === 'us_bank_account') {
    const bank: Stripe.PaymentMethod.UsBankAccount = {
      account_holder_type: 'individual',
      account_type: 'checking',
      bank_name: brand,
      financial_connections_account: null,
      fingerprint,
      last4,
      networks: { preferred: 'ach', supported: ['ach'] },
      routing_number: '110000000',
      status_details: {},
    };
    return { us_bank_account: bank };
  }
  if (type === 'paypal') {
    // Stripe gives the payer's address here: personal data, so the sandbox has none.
    return { paypal: { country, payer_email: null, payer_id: fingerprint } };
  }
  if (type === 'crypto') return { crypto: {} };
  const card: Stripe.PaymentMethod.Card = {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country,
    display_brand: brand,
    ...expiryOf(unit.now),
    fingerprint,
    funding,
    generated_from: null,
    last4,
    networks: { available: [brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: behaviour.wallet ? { dynamic_last4: last4, type: behaviour.wallet } : null,
  };
  return { card };
}

function copyOf(unit: Unit, name: string, behaviour: TestMethod): Stripe.PaymentMethod {
  return {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    ...detailsOf(unit, name, behaviour),
    created: unit.now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: behaviour.type,
  };
}

function copyTestMethod(unit: Unit, name: string, behaviour: TestMethod): KnownMethod {
  const method = copyOf(unit, name, behaviour);
  const facts: MethodFacts = { id: method.id, testMethod: name, spent: false, setUp: false };
  unit.put('payment_method', method);
  unit.put('method_facts', facts);
  return { method, facts, behaviour };
}

/** The method with this id; null when there is none. */
export function findMethod(unit: Unit, id: string): KnownMethod | null {
  const method = unit.find('payment_method', id);
  const facts = unit.find('method_facts', id);
  const behaviour = facts && TEST_METHODS[facts.testMethod];
  return method && facts && behaviour ? { method, facts, behaviour } : null;
}

/** The method behind an id in the parameters; a test name such as `pm_card_visa` gives a new copy, as at Stripe. */
export function getMethod(unit: Unit, id: string, param = 'payment_method'): KnownMethod {
  if (Object.hasOwn(TEST_METHODS, id)) return copyTestMethod(unit, id, TEST_METHODS[id] as TestMethod);
  const found = findMethod(unit, id);
  if (!found) throw referenceMissing('PaymentMethod', id, param);
  return found;
}

/** Stripe's error for a method that says no. */
export function declineError(decline: Decline, facts: Partial<ErrorBody> = {}): ErrorBody {
  return withDocumentation<ErrorBody>({ type: 'card_error', ...decline, ...facts });
}

/** Ties the method to a customer and says so. */
export function attachMethod(
  unit: Unit,
  known: KnownMethod,
  customer: string,
  setUp: boolean,
): Stripe.PaymentMethod {
  const attached: Stripe.PaymentMethod = { ...known.method, customer };
  unit.put('payment_method', attached);
  unit.put('method_facts', { ...known.facts, setUp: known.facts.setUp || setUp });
  if (known.method.customer !== customer) unit.emit('payment_method.attached', attached);
  return attached;
}

export const ALREADY_SPENT =
  'This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.';

function attach(call: Call<{ customer: string }>) {
  const { unit, id, params } = call;
  const isTestName = Object.hasOwn(TEST_METHODS, id);
  const known = isTestName ? getMethod(unit, id) : findMethod(unit, id);
  if (!known) throw resourceMissing('PaymentMethod', id, 'payment_method');
  const customer = existingCustomer(unit, params.customer);
  if (known.facts.spent) throw invalidRequest(ALREADY_SPENT);
  if (known.method.customer !== null && known.method.customer !== customer.id) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
    });
  }
  if (known.behaviour.attach) {
    return { status: 402 as const, body: { error: declineError(known.behaviour.attach) } };
  }
  return attachMethod(unit, known, customer.id, false);
}

function detach(call: Call) {
  const known = findMethod(call.unit, call.id);
  if (!known) throw resourceMissing('PaymentMethod', call.id, 'payment_method');
  if (known.method.customer === null) {
    throw invalidRequest(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    );
  }
  const detached: Stripe.PaymentMethod = { ...known.method, customer: null };
  call.unit.put('payment_method', detached);
  call.unit.put('method_facts', { ...known.facts, spent: true });
  call.unit.emit('payment_method.detached', detached, { customer: known.method.customer });
  return detached;
}

function update(call: Call<{ metadata?: '' | Record<string, string> | undefined }>) {
  const known = findMethod(call.unit, call.id);
  if (!known) throw resourceMissing('PaymentMethod', call.id, 'payment_method');
  const changed = {
    ...known.method,
    metadata: mergeMetadata(known.method.metadata ?? {}, call.params.metadata),
  };
  call.unit.put('payment_method', changed);
  call.unit.emit('payment_method.updated', changed);
  return changed;
}

function retrieve(call: Call) {
  const behaviour = Object.hasOwn(TEST_METHODS, call.id) ? TEST_METHODS[call.id] : undefined;
  // A test name stands for a method of its own wherever it is used; looking keeps none.
  if (behaviour) return copyOf(call.unit, call.id, behaviour);
  const known = findMethod(call.unit, call.id);
  if (!known) throw resourceMissing('PaymentMethod', call.id, 'payment_method');
  return known.method;
}

const listParams = { ...pageParams, type: text.optional() };

function methodsOf(unit: Unit, customer: string, type: string | undefined): Stripe.PaymentMethod[] {
  return unit
    .all('payment_method')
    .filter((method) => method.customer === customer && (type === undefined || method.type === type));
}

export const paymentMethodRoutes: readonly Route[] = [
  route('GET', '/v1/payment_methods', z.strictObject({ ...listParams, customer: text }), ({ unit, params }) =>
    pageOf(
      methodsOf(unit, existingCustomer(unit, params.customer).id, params.type),
      params,
      '/v1/payment_methods',
    ),
  ),
  route('GET', '/v1/payment_methods/:id', z.strictObject({}), retrieve),
  route(
    'POST',
    '/v1/payment_methods/:id',
    z.strictObject({ metadata: metadata.optional(), billing_details: unread }),
    update,
  ),
  route('POST', '/v1/payment_methods/:id/attach', z.strictObject({ customer: text }), attach),
  route('POST', '/v1/payment_methods/:id/detach', z.strictObject({}), detach),
  route('GET', '/v1/customers/:id/payment_methods', z.strictObject(listParams), ({ unit, id, params }) =>
    pageOf(
      methodsOf(unit, existingCustomer(unit, id).id, params.type),
      params,
      `/v1/customers/${id}/payment_methods`,
    ),
  ),
  route('GET', '/v1/customers/:id/payment_methods/:id', z.strictObject({}), ({ unit, id, subId }) => {
    const known = findMethod(unit, subId);
    if (known?.method.customer !== id) throw resourceMissing('PaymentMethod', subId, 'payment_method');
    return known.method;
  }),
];
