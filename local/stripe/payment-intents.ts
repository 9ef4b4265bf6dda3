// Payment intents: create, update, confirm, capture, cancel, find.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Answer, Call, Route } from './call.js';
import { route } from './call.js';
import { addBalance } from './charges.js';
import { confirmIntent, succeedIntent } from './confirmation.js';
import type { Confirmation } from './confirmation.js';
import { existingCustomer } from './customers.js';
import { invalidRequest, resourceMissing } from './errors.js';
import { newClientSecret, newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { checkAmount, checkCurrency } from './money.js';
import { flag, integer, isInRange, listOf, mergeMetadata, metadata, range, text, unread } from './params.js';
import { requireState } from './payment-intent-rules.js';
import { getMethod } from './payment-methods.js';
import { releaseCharge } from './refunds.js';
import { searchParams, searchRows } from './search.js';
import type { Unit } from './store.js';

const captureMethod = z.enum(['automatic', 'automatic_async', 'manual'], {
  error: (issue) =>
    `Invalid capture_method: must be one of automatic, automatic_async, or manual, not ${String(issue.input)}`,
});

const confirmParams = {
  return_url: z.url({ error: 'Not a valid URL' }).optional(),
  off_session: flag.optional(),
  error_on_requires_action: flag.optional(),
  mandate_data: unread,
  use_stripe_sdk: unread,
  radar_options: unread,
};

const writable = {
  amount: integer.optional(),
  currency: text.optional(),
  customer: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  payment_method: text.optional(),
  payment_method_options: unread,
  setup_future_usage: z.enum(['', 'off_session', 'on_session']).optional(),
  statement_descriptor: text.optional(),
  statement_descriptor_suffix: text.optional(),
  transfer_group: text.optional(),
  capture_method: captureMethod.optional(),
  payment_method_types: listOf(text).optional(),
  // Personal data: accepted and not kept.
  receipt_email: unread,
  shipping: unread,
};

const cardOptions = z.looseObject({
  request_three_d_secure: z.enum(['any', 'automatic', 'challenge']).optional(),
});

const createParams = z.strictObject({
  ...writable,
  // Of the many options the sandbox reads one.
  payment_method_options: z.looseObject({ card: cardOptions.optional() }).optional(),
  ...confirmParams,
  amount: integer,
  currency: text,
  confirm: flag.optional(),
  confirmation_method: z
    .enum(['automatic'], { error: 'Invalid confirmation_method: the sandbox knows automatic' })
    .optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
});
const updateParams = z.strictObject(writable);
type Update = z.output<typeof updateParams>;

const METHOD_TYPES_BY_CURRENCY: Readonly<Record<string, readonly string[]>> = {
  eur: ['card', 'paypal', 'sepa_debit'],
  usd: ['card', 'crypto', 'paypal', 'us_bank_account'],
};
/** The customer leaves the shop's page for these. */
const REDIRECTING: readonly string[] = ['paypal', 'crypto'];
/** What can set money aside and take it later. */
const CAPTURABLE: readonly string[] = ['card', 'paypal'];

/** The account's methods that fit the currency, and what was asked for. */
function automaticTypes(currency: string, params: z.output<typeof createParams>): string[] {
  return (METHOD_TYPES_BY_CURRENCY[currency] ?? ['card']).filter(
    (type) =>
      !(params.automatic_payment_methods?.allow_redirects === 'never' && REDIRECTING.includes(type)) &&
      !(params.capture_method === 'manual' && !CAPTURABLE.includes(type)),
  );
}

function pathIntent(call: Call): Stripe.PaymentIntent {
  const intent = call.unit.find('payment_intent', call.id);
  if (!intent) throw resourceMissing('payment_intent', call.id, 'intent');
  return intent;
}

function changed(unit: Unit, before: Stripe.PaymentIntent, params: Update): Stripe.PaymentIntent {
  const currency = params.currency === undefined ? before.currency : checkCurrency(params.currency);
  const amount = params.amount ?? before.amount;
  checkAmount(amount, currency);
  const method = params.payment_method
    ? getMethod(unit, params.payment_method).method.id
    : before.payment_method;
  const types = params.payment_method_types ?? before.payment_method_types;
  return {
    ...before,
    amount,
    currency,
    capture_method: params.capture_method ?? before.capture_method,
    customer: params.customer ? existingCustomer(unit, params.customer).id : before.customer,
    description: params.description === undefined ? before.description : params.description || null,
    metadata: mergeMetadata(before.metadata, params.metadata),
    payment_method: method,
    payment_method_types: types,
    setup_future_usage:
      params.setup_future_usage === undefined ? before.setup_future_usage : params.setup_future_usage || null,
    statement_descriptor: params.statement_descriptor ?? before.statement_descriptor,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? before.statement_descriptor_suffix,
    transfer_group: params.transfer_group ?? before.transfer_group,
    // A new method has to be confirmed anew.
    status: method !== before.payment_method ? 'requires_confirmation' : before.status,
    next_action: method !== before.payment_method ? null : before.next_action,
  };
}

function emptyIntent(unit: Unit, params: z.output<typeof createParams>): Stripe.PaymentIntent {
  const id = newId('pi');
  const currency = checkCurrency(params.currency);
  const types = params.payment_method_types;
  const asked =
    params.automatic_payment_methods ?? (types ? undefined : { enabled: true, allow_redirects: undefined });
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: asked?.enabled
      ? { enabled: true, allow_redirects: asked.allow_redirects ?? 'always' }
      : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: newClientSecret(id),
    confirmation_method: 'automatic',
    created: unit.now,
    currency,
    customer: null,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: optionsOf(params.payment_method_options?.card?.request_three_d_secure),
    payment_method_types: types ?? automaticTypes(currency, params),
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_group: null,
  };
}

const optionsOf = (
  requested: 'any' | 'automatic' | 'challenge' | undefined,
): Stripe.PaymentIntent.PaymentMethodOptions =>
  requested === undefined
    ? {}
    : {
        card: { installments: null, mandate_options: null, network: null, request_three_d_secure: requested },
      };

type AskedConfirmation = z.output<z.ZodObject<typeof confirmParams>>;

function confirmationOf(params: AskedConfirmation): Confirmation {
  return {
    returnUrl: params.return_url ?? null,
    offSession: params.off_session ?? false,
    errorOnRequiresAction: params.error_on_requires_action ?? false,
    authenticated: false,
  };
}

function create(call: Call<z.output<typeof createParams>>): Answer {
  const { unit, params, settings } = call;
  for (const name of ['return_url', 'off_session', 'error_on_requires_action'] as const) {
    if (params[name] === undefined || params.confirm === true) continue;
    throw invalidRequest(
      `The parameter \`${name}\` cannot be passed when creating a PaymentIntent unless \`confirm\` is set to true.`,
      {
        param: name,
      },
    );
  }
  const intent = changed(unit, emptyIntent(unit, params), params);
  unit.put('payment_intent', intent);
  unit.emit('payment_intent.created', intent);
  if (params.confirm !== true) return { status: 200, body: intent };
  return confirmIntent(unit, settings, intent, methodOf(unit, intent), confirmationOf(params));
}

function methodOf(unit: Unit, intent: Stripe.PaymentIntent) {
  if (typeof intent.payment_method === 'string') return getMethod(unit, intent.payment_method);
  throw invalidRequest(
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
    { code: 'payment_intent_unexpected_state', payment_intent: intent },
  );
}

function update(call: Call<Update>): Answer {
  const before = pathIntent(call);
  const { metadata: _metadata, description: _description, receipt_email: _email, ...rest } = call.params;
  // Metadata and description may be changed in every state.
  if (Object.values(rest).some((value) => value !== undefined)) requireState(before, 'update');
  const intent = changed(call.unit, before, call.params);
  call.unit.put('payment_intent', intent);
  return { status: 200, body: intent };
}

const confirmIntentParams = z.strictObject({
  ...confirmParams,
  payment_method: text.optional(),
  payment_method_options: unread,
  capture_method: captureMethod.optional(),
  setup_future_usage: writable.setup_future_usage,
  receipt_email: unread,
  shipping: unread,
});

function confirm(call: Call<z.output<typeof confirmIntentParams>>): Answer {
  const before = pathIntent(call);
  requireState(before, 'confirm');
  const intent = changed(call.unit, before, call.params);
  return confirmIntent(
    call.unit,
    call.settings,
    intent,
    methodOf(call.unit, intent),
    confirmationOf(call.params),
  );
}

const captureParams = z.strictObject({
  amount_to_capture: integer.optional(),
  metadata: metadata.optional(),
  statement_descriptor: unread,
  statement_descriptor_suffix: unread,
});

function capture(call: Call<z.output<typeof captureParams>>): Answer {
  const { unit, params } = call;
  const before = pathIntent(call);
  requireState(before, 'capture');
  const held =
    typeof before.latest_charge === 'string' ? unit.find('charge', before.latest_charge) : undefined;
  if (!held) throw resourceMissing('charge', String(before.latest_charge));
  const amount = params.amount_to_capture ?? before.amount_capturable;
  if (amount < 1 || amount > before.amount_capturable) {
    throw invalidRequest(
      'The requested capture amount is greater than the amount you can capture for this charge.',
      {
        code: 'amount_too_large',
        param: 'amount_to_capture',
        payment_intent: before,
      },
    );
  }
  const captured = addBalance(unit, { ...held, captured: true, amount_captured: amount });
  // What is not captured goes back at once; Stripe shows it as refunded.
  const charge = amount < held.amount ? releaseCharge(unit, captured, held.amount - amount) : captured;
  unit.emit('charge.captured', charge);
  const intent = { ...before, metadata: mergeMetadata(before.metadata, params.metadata) };
  return { status: 200, body: succeedIntent(unit, intent, charge) };
}

/** Cancels an intent whose state allows it and lets go of what is authorised. */
export function cancelIntent(
  unit: Unit,
  before: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Stripe.PaymentIntent {
  const held = before.status === 'requires_capture' ? before.latest_charge : null;
  const charge = typeof held === 'string' ? unit.find('charge', held) : undefined;
  if (charge) unit.emit('charge.refunded', releaseCharge(unit, charge, charge.amount));
  const intent: Stripe.PaymentIntent = {
    ...before,
    status: 'canceled',
    canceled_at: unit.now,
    cancellation_reason: reason,
    amount_capturable: 0,
    next_action: null,
  };
  unit.put('payment_intent', intent);
  unit.emit('payment_intent.canceled', intent);
  return intent;
}

const cancelParams = z.strictObject({
  cancellation_reason: z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer']).optional(),
});

function cancel(call: Call<z.output<typeof cancelParams>>): Answer {
  const before = pathIntent(call);
  requireState(before, 'cancel');
  return { status: 200, body: cancelIntent(call.unit, before, call.params.cancellation_reason ?? null) };
}

const listParams = z.strictObject({ ...pageParams, customer: text.optional(), created: range.optional() });

export const paymentIntentRoutes: readonly Route[] = [
  route('POST', '/v1/payment_intents', createParams, create),
  route('GET', '/v1/payment_intents', listParams, ({ unit, params }) => {
    const rows = unit
      .all('payment_intent')
      .filter((intent) => params.customer === undefined || intent.customer === params.customer)
      .filter((intent) => isInRange(intent.created, params.created));
    return pageOf(rows, params, '/v1/payment_intents');
  }),
  route('GET', '/v1/payment_intents/search', searchParams, ({ unit, params, settings }) =>
    searchRows(unit, unit.all('payment_intent'), params, '/v1/payment_intents/search', settings.searchLagMs),
  ),
  route('GET', '/v1/payment_intents/:id', z.strictObject({ client_secret: text.optional() }), pathIntent),
  route('POST', '/v1/payment_intents/:id', updateParams, update),
  route('POST', '/v1/payment_intents/:id/confirm', confirmIntentParams, confirm),
  route('POST', '/v1/payment_intents/:id/capture', captureParams, capture),
  route('POST', '/v1/payment_intents/:id/cancel', cancelParams, cancel),
];
