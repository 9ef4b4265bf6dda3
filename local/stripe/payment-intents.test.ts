import { afterEach, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { refusalOf, startTestSandbox, stopAll } from './test-sandbox.js';
import { eventually } from '../../tests/testkit/eventually.js';

afterEach(stopAll);

const PAY = {
  amount: 2599,
  currency: 'eur',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
} satisfies Stripe.PaymentIntentCreateParams;

function isCharge(
  value: unknown,
): asserts value is Stripe.Charge & { balance_transaction: Stripe.BalanceTransaction } {
  expect(value).toMatchObject({ object: 'charge' });
}

test('a card that works pays at once and its charge shows the card and the fee', async () => {
  const { stripe } = await startTestSandbox();
  const intent = await stripe.paymentIntents.create({
    ...PAY,
    capture_method: 'automatic',
    payment_method: 'pm_card_visa',
    metadata: { order_id: 'o-1' },
    receipt_email: 'somebody@example.com',
    expand: ['latest_charge.balance_transaction'],
  });
  expect(intent).toMatchObject({
    status: 'succeeded',
    amount_received: 2599,
    metadata: { order_id: 'o-1' },
    receipt_email: null,
  });
  expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_`));
  const charge = intent.latest_charge;
  isCharge(charge);
  expect(charge.payment_method_details?.card).toMatchObject({
    brand: 'visa',
    last4: '4242',
    country: 'US',
    exp_month: 8,
  });
  expect(charge.payment_method_details?.card?.fingerprint).toHaveLength(16);
  // 2599 * 2.9 % = 75.371, rounded 75, and 30.
  expect(charge.balance_transaction).toMatchObject({ amount: 2599, fee: 105, net: 2494, type: 'charge' });
});

test('with the default capture method the balance transaction follows a moment later', async () => {
  const { stripe } = await startTestSandbox({ asyncCaptureDelayMs: 50 });
  const intent = await stripe.paymentIntents.create({
    ...PAY,
    payment_method: 'pm_card_visa',
    expand: ['latest_charge'],
  });
  expect(intent).toMatchObject({
    capture_method: 'automatic_async',
    latest_charge: { balance_transaction: null },
  });
  const id = (intent.latest_charge as Stripe.Charge).id;
  const charge = await eventually(async () => {
    const found = await stripe.charges.retrieve(id);
    return found.balance_transaction !== null && found;
  });
  expect(charge.balance_transaction).toMatch(/^txn_/);
});

test.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
])(
  '%s is declined with code %s and decline code %s, and the intent can be tried again',
  async (method, code, decline) => {
    const { stripe } = await startTestSandbox();
    const error = await refusalOf(stripe.paymentIntents.create({ ...PAY, payment_method: method }));
    expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code: decline });
    const id = error.payment_intent?.id ?? '';
    const failed = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(failed).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      amount_received: 0,
      last_payment_error: { type: 'card_error', code, decline_code: decline },
      latest_charge: { status: 'failed', paid: false, failure_code: code },
    });
    const paid = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' });
    expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null, amount_received: 2599 });
  },
);

test('an authorised payment is captured in part, and what is left of it is let go', async () => {
  const { stripe } = await startTestSandbox();
  const held = await stripe.paymentIntents.create({
    ...PAY,
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
  });
  expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 2599, amount_received: 0 });
  const tooMuch = await refusalOf(stripe.paymentIntents.capture(held.id, { amount_to_capture: 2600 }));
  expect(tooMuch).toMatchObject({ statusCode: 400, code: 'amount_too_large', param: 'amount_to_capture' });
  const captured = await stripe.paymentIntents.capture(held.id, {
    amount_to_capture: 2000,
    expand: ['latest_charge'],
  });
  expect(captured).toMatchObject({
    status: 'succeeded',
    amount_capturable: 0,
    amount_received: 2000,
    latest_charge: { captured: true, amount: 2599, amount_captured: 2000, amount_refunded: 599 },
  });
  const again = await refusalOf(stripe.paymentIntents.capture(held.id));
  expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
});

test('an authorised payment that is canceled holds no money any more', async () => {
  const { stripe } = await startTestSandbox();
  const held = await stripe.paymentIntents.create({
    ...PAY,
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
  });
  const canceled = await stripe.paymentIntents.cancel(held.id, {
    cancellation_reason: 'abandoned',
    expand: ['latest_charge'],
  });
  expect(canceled).toMatchObject({
    status: 'canceled',
    cancellation_reason: 'abandoned',
    amount_capturable: 0,
    latest_charge: { captured: false, refunded: true, amount_refunded: 2599 },
  });
  const error = await refusalOf(stripe.paymentIntents.confirm(held.id, { payment_method: 'pm_card_visa' }));
  expect(error).toMatchObject({
    code: 'payment_intent_unexpected_state',
    payment_intent: { status: 'canceled' },
  });
});

test('a paid intent cannot be canceled', async () => {
  const { stripe } = await startTestSandbox();
  const paid = await stripe.paymentIntents.create({ ...PAY, payment_method: 'pm_card_visa' });
  const error = await refusalOf(stripe.paymentIntents.cancel(paid.id));
  expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  expect((await stripe.paymentIntents.retrieve(paid.id)).status).toBe('succeeded');
});

test('an intent is created, changed and confirmed in separate steps', async () => {
  const { stripe } = await startTestSandbox();
  const created = await stripe.paymentIntents.create({
    amount: 1000,
    currency: 'eur',
    metadata: { a: '1', b: '2' },
  });
  expect(created.status).toBe('requires_payment_method');
  const changed = await stripe.paymentIntents.update(created.id, {
    amount: 1500,
    metadata: { a: '', c: '3' },
  });
  expect(changed).toMatchObject({
    amount: 1500,
    metadata: { b: '2', c: '3' },
    status: 'requires_payment_method',
  });
  expect(changed.metadata).toEqual({ b: '2', c: '3' });
  const withMethod = await stripe.paymentIntents.update(created.id, { payment_method: 'pm_card_visa' });
  expect(withMethod.status).toBe('requires_confirmation');
  const paid = await stripe.paymentIntents.confirm(created.id, { return_url: 'https://shop.example/back' });
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1500 });
  const late = await refusalOf(stripe.paymentIntents.update(created.id, { amount: 1 }));
  expect(late).toMatchObject({ code: 'payment_intent_unexpected_state' });
  expect(
    (await stripe.paymentIntents.update(created.id, { metadata: { late: 'yes' } })).metadata,
  ).toMatchObject({ late: 'yes' });
});

test('a bank debit is processing, cannot be canceled, and succeeds later', async () => {
  const { stripe } = await startTestSandbox({ processingDelayMs: 100 });
  const intent = await stripe.paymentIntents.create({
    ...PAY,
    currency: 'usd',
    payment_method: 'pm_usBankAccount',
  });
  expect(intent).toMatchObject({ status: 'processing', amount_received: 0 });
  expect((await refusalOf(stripe.paymentIntents.cancel(intent.id))).code).toBe(
    'payment_intent_unexpected_state',
  );
  const paid = await eventually(async () => {
    const found = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    return found.status !== 'processing' && found;
  });
  expect(paid).toMatchObject({
    status: 'succeeded',
    amount_received: 2599,
    latest_charge: { status: 'succeeded', paid: true },
  });
});

test('an authorisation that nobody captures lapses after seven days', async () => {
  let now = new Date('2026-03-01T00:00:00Z');
  const { stripe } = await startTestSandbox({ clock: () => now });
  const held = await stripe.paymentIntents.create({
    ...PAY,
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
  });
  now = new Date('2026-03-08T00:00:01Z');
  const canceled = await eventually(async () => {
    const found = await stripe.paymentIntents.retrieve(held.id);
    return found.status === 'canceled' && found;
  });
  expect(canceled.cancellation_reason).toBe('automatic');
});

test('intents are listed newest first by page, by customer and by time, and found by their metadata', async () => {
  const { stripe } = await startTestSandbox();
  const customer = await stripe.customers.create({ metadata: { user: 'u1' } });
  const ids: string[] = [];
  for (const order of ['x', 'y', 'z']) {
    const intent = await stripe.paymentIntents.create({
      amount: 1000,
      currency: 'eur',
      metadata: { order_id: order },
      ...(order !== 'y' && { customer: customer.id }),
    });
    ids.unshift(intent.id);
  }
  const first = await stripe.paymentIntents.list({ limit: 2 });
  expect([first.data.map((intent) => intent.id), first.has_more]).toEqual([ids.slice(0, 2), true]);
  const walked: string[] = [];
  for await (const intent of stripe.paymentIntents.list({ limit: 2 })) walked.push(intent.id);
  expect(walked).toEqual(ids);
  const ofCustomer = await stripe.paymentIntents.list({ customer: customer.id });
  expect(ofCustomer.data.map((intent) => intent.id)).toEqual([ids[0], ids[2]]);
  expect((await stripe.paymentIntents.list({ created: { gte: 1 } })).data).toHaveLength(3);
  expect((await stripe.paymentIntents.list({ created: { lt: 1 } })).data).toHaveLength(0);
  const found = await stripe.paymentIntents.search({ query: "metadata['order_id']:'y'" });
  expect(found.data.map((intent) => intent.id)).toEqual([ids[1]]);
  const none = await stripe.paymentIntents.search({
    query: "metadata['order_id']:'y' AND status:'succeeded'",
  });
  expect(none.data).toEqual([]);
  expect((await refusalOf(stripe.paymentIntents.search({ query: 'rubbish' }))).param).toBe('query');
});

test('what is wrong with a request is said in the shape of Stripe', async () => {
  const { sandbox, stripe } = await startTestSandbox();
  const missing = await fetch(`${sandbox.url}/v1/payment_intents`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_hanse' },
    body: 'currency=eur',
  });
  expect(missing.status).toBe(400);
  expect(missing.headers.get('request-id')).toMatch(/^req_/);
  expect(await missing.json()).toEqual({
    error: {
      type: 'invalid_request_error',
      code: 'parameter_missing',
      message: 'Missing required param: amount.',
      param: 'amount',
      doc_url: 'https://stripe.com/docs/error-codes/parameter-missing',
    },
  });
  const anonymous = await fetch(`${sandbox.url}/v1/payment_intents`);
  expect(anonymous.status).toBe(401);
  const small = await refusalOf(stripe.paymentIntents.create({ amount: 49, currency: 'eur' }));
  expect(small).toMatchObject({ statusCode: 400, code: 'amount_too_small', param: 'amount' });
  const unknown = await refusalOf(stripe.paymentIntents.retrieve('pi_none'));
  expect(unknown).toMatchObject({
    type: 'StripeInvalidRequestError',
    statusCode: 404,
    code: 'resource_missing',
    param: 'intent',
  });
  const noReturn = await refusalOf(
    stripe.paymentIntents.create({
      amount: 1000,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_visa',
    }),
  );
  expect(noReturn).toMatchObject({ statusCode: 400, param: 'return_url' });
  expect((await stripe.paymentIntents.list()).data).toEqual([]);
});
