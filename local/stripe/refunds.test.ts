import { afterEach, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { refusalOf, startTestSandbox, stopAll } from './test-sandbox.js';
import { eventually } from '../../tests/testkit/eventually.js';

afterEach(stopAll);

async function pay(
  stripe: Stripe,
  rest: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({
    amount: 3000,
    currency: 'eur',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    payment_method: 'pm_card_visa',
    ...rest,
  });
}

test('a payment is refunded in parts until nothing is left, and never beyond', async () => {
  const { stripe } = await startTestSandbox();
  const intent = await pay(stripe);
  const first = await stripe.refunds.create(
    { payment_intent: intent.id, amount: 1000, reason: 'requested_by_customer', metadata: { line: '1' } },
    {},
  );
  expect(first).toMatchObject({
    object: 'refund',
    amount: 1000,
    status: 'succeeded',
    reason: 'requested_by_customer',
    metadata: { line: '1' },
    payment_intent: intent.id,
    charge: intent.latest_charge,
  });
  const tooMuch = await refusalOf(stripe.refunds.create({ payment_intent: intent.id, amount: 2001 }));
  expect(tooMuch).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, param: 'amount' });
  expect(tooMuch.message).toContain('greater than unrefunded amount');
  const rest = await stripe.refunds.create({ charge: String(intent.latest_charge) });
  expect(rest.amount).toBe(2000);
  const none = await refusalOf(stripe.refunds.create({ payment_intent: intent.id, amount: 1 }));
  expect(none).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });
  const charge = await stripe.charges.retrieve(String(intent.latest_charge), { expand: ['refunds'] });
  expect(charge).toMatchObject({ refunded: true, amount_refunded: 3000 });
  expect(charge.refunds?.data.map((refund) => refund.id)).toEqual([rest.id, first.id]);
  const listed = await stripe.refunds.list({ payment_intent: intent.id });
  expect(listed.data.map((refund) => refund.amount)).toEqual([2000, 1000]);
  const movements = await stripe.balanceTransactions.list({ type: 'refund' });
  expect(movements.data.map((row) => [row.amount, row.fee, row.net])).toEqual([
    [-2000, 0, -2000],
    [-1000, 0, -1000],
  ]);
});

test('what is not paid cannot be refunded', async () => {
  const { stripe } = await startTestSandbox();
  const held = await pay(stripe, { capture_method: 'manual' });
  expect((await refusalOf(stripe.refunds.create({ payment_intent: held.id }))).code).toBe(
    'charge_not_refundable',
  );
  const open = await stripe.paymentIntents.create({ amount: 3000, currency: 'eur' });
  expect((await refusalOf(stripe.refunds.create({ payment_intent: open.id }))).statusCode).toBe(400);
  expect((await refusalOf(stripe.refunds.create({ payment_intent: 'pi_none' }))).code).toBe(
    'resource_missing',
  );
  expect((await stripe.refunds.list()).data).toEqual([]);
});

test('of a payment captured in part only the captured part can be refunded', async () => {
  const { stripe } = await startTestSandbox();
  const held = await pay(stripe, { capture_method: 'manual' });
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1200 });
  expect((await refusalOf(stripe.refunds.create({ payment_intent: held.id, amount: 1201 }))).param).toBe(
    'amount',
  );
  expect((await stripe.refunds.create({ payment_intent: held.id })).amount).toBe(1200);
});

test('a refund that the bank sends back fails later and can be made again', async () => {
  let now = new Date('2026-03-01T00:00:00Z');
  const { stripe } = await startTestSandbox({ clock: () => now });
  const intent = await pay(stripe, { payment_method: 'pm_card_refundFail' });
  const refund = await stripe.refunds.create({ payment_intent: intent.id });
  expect(refund.status).toBe('succeeded');
  now = new Date('2026-03-01T00:01:00Z');
  const failed = await eventually(async () => {
    const found = await stripe.refunds.retrieve(refund.id);
    return found.status === 'failed' && found;
  });
  expect(failed.failure_balance_transaction).toMatch(/^txn_/);
  const charge = await stripe.charges.retrieve(String(intent.latest_charge));
  expect(charge).toMatchObject({ refunded: false, amount_refunded: 0 });
});
