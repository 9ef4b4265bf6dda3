import { afterEach, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { clientOf, refusalOf, startTestSandbox, stopAll } from './test-sandbox.js';

afterEach(stopAll);

const PAY = {
  amount: 1000,
  currency: 'eur',
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  payment_method: 'pm_card_visa',
} satisfies Stripe.PaymentIntentCreateParams;

test('the same key gives the first answer again and pays once', async () => {
  const { stripe } = await startTestSandbox();
  const first = await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' });
  const again = await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' });
  expect(again).toEqual(first);
  expect(again.lastResponse.headers).toMatchObject({
    'idempotent-replayed': 'true',
    'original-request': first.lastResponse.requestId,
  });
  expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
  expect((await stripe.charges.list()).data).toHaveLength(1);
});

test('a decline is repeated as well and the card is not tried again', async () => {
  const { stripe } = await startTestSandbox();
  const bad = { ...PAY, payment_method: 'pm_card_chargeDeclined' };
  const first = await refusalOf(stripe.paymentIntents.create(bad, { idempotencyKey: 'k1' }));
  const again = await refusalOf(stripe.paymentIntents.create(bad, { idempotencyKey: 'k1' }));
  expect(again.payment_intent?.id).toBe(first.payment_intent?.id);
  expect((await stripe.charges.list()).data).toHaveLength(1);
});

test('the same key with other parameters or at another endpoint is an idempotency error', async () => {
  const { stripe } = await startTestSandbox();
  const first = await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' });
  const other = await refusalOf(
    stripe.paymentIntents.create({ ...PAY, amount: 1001 }, { idempotencyKey: 'k1' }),
  );
  expect(other).toMatchObject({
    type: 'StripeIdempotencyError',
    statusCode: 400,
    rawType: 'idempotency_error',
  });
  const elsewhere = await refusalOf(
    stripe.refunds.create({ payment_intent: first.id }, { idempotencyKey: 'k1' }),
  );
  expect(elsewhere.type).toBe('StripeIdempotencyError');
  expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  expect((await stripe.refunds.list()).data).toHaveLength(0);
});

test('of requests with one key at the same time one is done and the others are told 409', async () => {
  const { stripe } = await startTestSandbox({ delayMs: 50 });
  const calls = Array.from({ length: 8 }, () => stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' }));
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map((outcome) => outcome.reason as unknown);
  expect(refused).toHaveLength(7);
  for (const error of refused)
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
  expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
});

test('the client that retries by itself gets the first answer for all twins', async () => {
  const { sandbox, stripe } = await startTestSandbox({ delayMs: 20 });
  const patient = clientOf(sandbox.port, { maxNetworkRetries: 4 });
  const calls = Array.from({ length: 4 }, () => patient.paymentIntents.create(PAY, { idempotencyKey: 'k1' }));
  const ids = (await Promise.all(calls)).map((intent) => intent.id);
  expect(new Set(ids).size).toBe(1);
  expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
});

test('a refused parameter binds no key', async () => {
  const { stripe } = await startTestSandbox();
  const wrong = { ...PAY, amount: 1.5 };
  const error = await refusalOf(stripe.paymentIntents.create(wrong, { idempotencyKey: 'k1' }));
  expect(error).toMatchObject({ statusCode: 400, code: 'parameter_invalid_integer', param: 'amount' });
  expect((await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' })).status).toBe('succeeded');
});

test('a key is free again after a day', async () => {
  let now = new Date('2026-03-01T00:00:00Z');
  const { stripe } = await startTestSandbox({ clock: () => now });
  const first = await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' });
  now = new Date('2026-03-01T23:59:00Z');
  expect((await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' })).id).toBe(first.id);
  now = new Date('2026-03-02T00:01:00Z');
  expect((await stripe.paymentIntents.create(PAY, { idempotencyKey: 'k1' })).id).not.toBe(first.id);
});

test('an answer that is lost on the way is had again by the retry', async () => {
  const { sandbox, stripe } = await startTestSandbox({ chaos: { loseAnswerRate: 0.6, seed: 7 } });
  const patient = clientOf(sandbox.port, { maxNetworkRetries: 10 });
  const intents = await Promise.all([1, 2, 3].map(() => patient.paymentIntents.create(PAY)));
  expect(intents.map((intent) => intent.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect((await stripe.charges.list()).data).toHaveLength(3);
});
