/**
 * What Stripe's documentation says, and the sandbox was written from: capturing later (docs/payments/place-a-hold), SetupIntents
 * (api/setup_intents), disputes (docs/testing, api/disputes), payouts (api/payouts), crypto (docs/payments/crypto).
 */
import { afterEach, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { callHelper, refusalOf, startTestSandbox, stopAll } from './test-sandbox.js';
import { eventually } from '../../tests/testkit/eventually.js';

afterEach(stopAll);

const day = 86_400_000;
function clockAhead() {
  const clock = { ahead: 0 };
  return { clock, options: { clock: () => new Date(Date.now() + clock.ahead) } };
}

const hold: Stripe.PaymentIntentCreateParams = {
  ...{
    amount: 2_000,
    currency: 'eur',
    confirm: true,
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
  },
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  expand: ['latest_charge'],
};

test('the charge says until when what is set aside can be captured: seven days; then the intent is canceled', async () => {
  const { clock, options } = clockAhead();
  const { stripe } = await startTestSandbox(options);
  const intent = await stripe.paymentIntents.create(hold);
  const { created, payment_method_details: details } = intent.latest_charge as Stripe.Charge;
  expect((details?.card?.capture_before ?? 0) - created).toBe(7 * 86_400);
  clock.ahead = 7 * day + 1_000;
  const after = await eventually(async () => {
    const now = await stripe.paymentIntents.retrieve(intent.id);
    return now.status === 'canceled' && now;
  });
  expect(after).toMatchObject({ cancellation_reason: 'automatic', amount_capturable: 0, amount_received: 0 });
  expect(await refusalOf(stripe.paymentIntents.capture(intent.id))).toMatchObject({
    ...{ statusCode: 400, code: 'payment_intent_unexpected_state' },
  });
});

test('more than was set aside, twice, and what captures at once cannot be captured', async () => {
  const { stripe } = await startTestSandbox();
  const { id } = await stripe.paymentIntents.create(hold);
  expect(await refusalOf(stripe.paymentIntents.capture(id, { amount_to_capture: 2_001 }))).toMatchObject({
    ...{ statusCode: 400, code: 'amount_too_large', param: 'amount_to_capture' },
  });
  expect(await stripe.paymentIntents.capture(id, { amount_to_capture: 1_500 })).toMatchObject({
    ...{ status: 'succeeded', amount_received: 1_500, amount_capturable: 0 },
  });
  for (const other of [id, (await stripe.paymentIntents.create({ ...hold, capture_method: 'automatic' })).id])
    expect((await refusalOf(stripe.paymentIntents.capture(other))).code).toBe(
      'payment_intent_unexpected_state',
    );
});

test('a SetupIntent saves a method for its customer, for use without them unless it says otherwise', async () => {
  const { stripe } = await startTestSandbox();
  const { id: customer } = await stripe.customers.create({});
  const params = { customer, payment_method: 'pm_card_visa', confirm: true };
  const automatic = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const } };
  const done = await stripe.setupIntents.create({ ...params, ...automatic });
  expect(done).toMatchObject({ status: 'succeeded', usage: 'off_session', next_action: null });
  expect((await stripe.paymentMethods.retrieve(String(done.payment_method))).customer).toBe(customer);
  const here = await stripe.setupIntents.create({ ...params, ...automatic, usage: 'on_session' });
  expect(here.usage).toBe('on_session');
  expect((await refusalOf(stripe.setupIntents.cancel(done.id))).code).toBe('setup_intent_unexpected_state');
});

test('a SetupIntent of a declined card answers 402 and waits for another; one that wants the customer has a next action', async () => {
  const { stripe } = await startTestSandbox();
  const { id: customer } = await stripe.customers.create({});
  const automatic_payment_methods = { enabled: true, allow_redirects: 'never' as const };
  const params = { customer, confirm: true, automatic_payment_methods };
  const declined = await refusalOf(
    stripe.setupIntents.create({ ...params, payment_method: 'pm_card_chargeDeclined' }),
  );
  expect(declined).toMatchObject({ statusCode: 402, code: 'card_declined' });
  expect(declined.setup_intent).toMatchObject({ status: 'requires_payment_method', payment_method: null });
  const waiting = await stripe.setupIntents.create({
    ...params,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
  });
  expect(waiting).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
  expect(await stripe.setupIntents.cancel(waiting.id)).toMatchObject({
    status: 'canceled',
    next_action: null,
  });
  expect((await refusalOf(stripe.setupIntents.confirm(waiting.id))).code).toBe(
    'setup_intent_unexpected_state',
  );
});

/** A paid intent that its bank disputes. */
async function disputed(method: string) {
  const { clock, options } = clockAhead();
  const { stripe, sandbox } = await startTestSandbox(options);
  const intent = await stripe.paymentIntents.create({
    ...hold,
    capture_method: 'automatic',
    payment_method: method,
  });
  clock.ahead = 2_000;
  const dispute = await eventually(
    async () => (await stripe.disputes.list({ payment_intent: intent.id })).data[0],
  );
  return { stripe, sandbox, intent, dispute };
}

test('a dispute takes the amount and a fee from the account, and the charge cannot be refunded', async () => {
  const { stripe, intent, dispute } = await disputed('pm_card_createDispute');
  expect(dispute).toMatchObject({
    ...{ amount: 2_000, status: 'needs_response', reason: 'fraudulent', is_charge_refundable: false },
    balance_transactions: [{ amount: -2_000, fee: 1_500, net: -3_500, type: 'adjustment' }],
  });
  expect(await refusalOf(stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
    ...{ statusCode: 400, code: 'charge_disputed' },
  });
  const told = (await stripe.events.list({ type: 'charge.dispute.*', limit: 10 })).data.map(
    ({ type }) => type,
  );
  expect(told.sort()).toEqual(['charge.dispute.created', 'charge.dispute.funds_withdrawn']);
});

test.each([
  ['winning_evidence', 'won', [-2_000, 2_000], 'charge.dispute.funds_reinstated'],
  ['losing_evidence', 'lost', [-2_000], 'charge.dispute.closed'],
] as const)('%s ends it as %s', async (uncategorized_text, status, amounts, event) => {
  const { stripe, dispute } = await disputed('pm_card_createDispute');
  const after = await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text } });
  expect(after.status).toBe(status);
  expect(after.balance_transactions.map(({ amount }) => amount)).toEqual(amounts);
  expect((await stripe.events.list({ type: event })).data).toHaveLength(1);
  expect((await refusalOf(stripe.disputes.close(dispute.id))).statusCode).toBe(400);
});

test('an inquiry takes nothing, and what it is about can be refunded', async () => {
  const { stripe, intent, dispute } = await disputed('pm_card_createDisputeInquiry');
  expect(dispute).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
  expect((await stripe.refunds.create({ payment_intent: intent.id })).status).toBe('succeeded');
  expect((await stripe.disputes.close(dispute.id)).status).toBe('warning_closed');
});

test('a payout brings the sum of what is in it, each movement in one payout only', async () => {
  const { stripe, sandbox } = await startTestSandbox();
  const pay = () => stripe.paymentIntents.create({ ...hold, capture_method: 'automatic' });
  await stripe.refunds.create({ payment_intent: (await pay()).id, amount: 500 });
  const payOut = () => callHelper(sandbox, 'payout', { currency: 'eur' });
  expect((await payOut()).status).toBe(200);
  await pay();
  await payOut();
  expect((await payOut()).status).toBe(400);
  const { data: payouts } = await stripe.payouts.list({});
  expect(payouts.map(({ amount }) => amount)).toEqual([1_912, 1_412]);
  const seen = new Set<string>();
  for (const { id, amount } of payouts) {
    const { data } = await stripe.balanceTransactions.list({ payout: id, limit: 100 });
    const movements = data.filter(({ type }) => type !== 'payout');
    expect(movements.reduce((sum, { net }) => sum + net, 0)).toBe(amount);
    for (const one of movements) {
      expect(seen.has(one.id)).toBe(false);
      seen.add(one.id);
    }
  }
});

test('crypto is sent from a page of its own, then processing, when it cannot be canceled; and only in dollars', async () => {
  const { stripe, sandbox } = await startTestSandbox({ processingDelayMs: day });
  const redirects = {
    ...{ amount: 2_000, currency: 'usd', confirm: true, payment_method: 'pm_crypto' },
    ...{ return_url: 'https://shop.example/back', automatic_payment_methods: { enabled: true } },
  };
  const waiting = await stripe.paymentIntents.create(redirects);
  expect(waiting).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } });
  const page = new URL(waiting.next_action?.redirect_to_url?.url ?? '');
  const body = new URLSearchParams({ outcome: 'complete', client_secret: waiting.client_secret ?? '' });
  await fetch(page, { method: 'POST', body, redirect: 'manual' });
  expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('processing');
  expect((await refusalOf(stripe.paymentIntents.cancel(waiting.id))).statusCode).toBe(400);
  await callHelper(sandbox, 'settle', { payment_intent: waiting.id, outcome: 'succeeded' });
  expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('succeeded');
  for (const change of [{ currency: 'eur' }, { capture_method: 'manual' as const }])
    expect((await refusalOf(stripe.paymentIntents.create({ ...redirects, ...change }))).code).toBe(
      'payment_intent_incompatible_payment_method',
    );
});
