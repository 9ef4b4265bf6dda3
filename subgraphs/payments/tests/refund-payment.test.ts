import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import { ProviderUnavailable, type PaymentProvider } from '../provider/provider.js';
import {
  create,
  dropTimers,
  eventsOf,
  intentsOf,
  orders,
  paymentInput,
  startPayments,
  stripeOf,
  type PaymentsTest,
} from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

const line = { cut: 'no' as 'no' | 'before' | 'after', sent: [] as string[] };

function breakable(provider: PaymentProvider): PaymentProvider {
  return {
    ...provider,
    createRefund: async (request) => {
      line.sent.push(request.key);
      if (line.cut === 'before') throw new ProviderUnavailable('cut before', null);
      const refund = await provider.createRefund(request);
      if (line.cut === 'after') throw new ProviderUnavailable('cut after', null);
      return refund;
    },
  };
}

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ consume: false, wrapProvider: breakable });
});
afterAll(() => t.close());
beforeEach(() => {
  line.cut = 'no';
  line.sent = [];
});

const mutation = `mutation($input: RefundPaymentInput!) {
  refundPayment(input: $input) { refund { id status amount { amount } reason } userErrors { code } }
}`;
interface Refunded {
  refund: { id: string; status: string } | null;
  userErrors: { code: string }[];
}
const refund = async (input: object): Promise<Refunded> =>
  (await t.call<{ refundPayment: Refunded }>(mutation, { input })).refundPayment;

const eur = (amount: string) => ({ amount, currencyCode: 'EUR' });

/** A paid order of 25.99 EUR. */
async function paid(changes: Record<string, unknown> = {}) {
  const input = paymentInput(t.parts, changes);
  const { payment } = await create(t, input);
  expect(payment?.status).toBe('SUCCEEDED');
  return { orderId: input.orderId, customerId: input.customerId, paymentId: payment?.id ?? '' };
}
const paymentOf = (id: string) => t.db.payment.findUniqueOrThrow({ where: { id } });
async function refundsAtProvider(orderId: string) {
  const [intent] = await intentsOf(t, orderId);
  const { data } = await stripeOf(t).refunds.list({ payment_intent: intent?.id ?? '' });
  return data;
}

test('money is given back in parts until all of it is back', async () => {
  const { orderId, paymentId } = await paid();
  const first = { orderId, refundId: t.parts.newId(), amount: eur('10.00'), reason: 'one came broken' };
  expect(await refund(first)).toEqual({
    refund: {
      id: first.refundId,
      status: 'SUCCEEDED',
      amount: { amount: '10.00' },
      reason: 'one came broken',
    },
    userErrors: [],
  });
  expect(await paymentOf(paymentId)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: 1000n });
  await refund({ orderId, refundId: t.parts.newId(), amount: eur('15.99') });
  expect(await paymentOf(paymentId)).toMatchObject({
    status: 'REFUNDED',
    refundedAmount: 2599n,
    capturedAmount: 2599n,
  });
  expect(await eventsOf(t, paymentId)).toEqual([
    'PaymentUpdated SUCCEEDED',
    'PaymentProcessed',
    'PaymentUpdated PARTIALLY_REFUNDED',
    'PaymentRefunded',
    'PaymentUpdated REFUNDED',
    'PaymentRefunded',
  ]);
  expect((await refundsAtProvider(orderId)).map((one) => one.amount).sort()).toEqual([1000, 1599]);
  expect(await t.db.inboxMessage.count({ where: { consumer: 'timers' } })).toBe(0);
});

test('more than is left is refused and changes nothing', async () => {
  const { orderId, paymentId } = await paid();
  await refund({ orderId, refundId: t.parts.newId(), amount: eur('20.00') });
  const before = await paymentOf(paymentId);
  const refundId = t.parts.newId();
  expect(await refund({ orderId, refundId, amount: eur('6.00') })).toEqual({
    refund: null,
    userErrors: [{ code: 'REFUND_EXCEEDS_CAPTURED' }],
  });
  expect(await paymentOf(paymentId)).toEqual(before);
  expect(await t.db.refund.count({ where: { id: refundId } })).toBe(0);
  expect(await refundsAtProvider(orderId)).toHaveLength(1);
});

test('an order that was not paid, another currency and a long reason are refused', async () => {
  const { orderId } = await paid();
  const codes = async (input: object) => (await refund({ refundId: t.parts.newId(), ...input })).userErrors;
  expect(await codes({ orderId: t.parts.newId(), amount: eur('1.00') })).toEqual([
    { code: 'NOTHING_CAPTURED' },
  ]);
  expect(await codes({ orderId, amount: { amount: '1.00', currencyCode: 'USD' } })).toEqual([
    { code: 'INVALID_INPUT' },
  ]);
  expect(await codes({ orderId, amount: eur('0.00') })).toEqual([{ code: 'INVALID_INPUT' }]);
  expect(await codes({ orderId, amount: eur('1.00'), reason: 'x'.repeat(501) })).toEqual([
    { code: 'INVALID_INPUT' },
  ]);
  expect(await codes({ orderId, refundId: '1', amount: eur('1.00') })).toEqual([{ code: 'INVALID_INPUT' }]);
  expect(await t.db.refund.count({ where: { orderId } })).toBe(0);
});

test('the same refund ten times at once and again gives the money back once; its id is not taken for another', async () => {
  const { orderId, paymentId } = await paid();
  const input = { orderId, refundId: t.parts.newId(), amount: eur('10.00') };
  const answers = await Promise.all(Array.from({ length: 10 }, () => refund(input)));
  answers.push(await refund(input));
  for (const answer of answers)
    expect(answer.refund).toMatchObject({ id: input.refundId, status: 'SUCCEEDED' });
  expect(await paymentOf(paymentId)).toMatchObject({ refundedAmount: 1000n, refundRequestedAmount: 1000n });
  expect(await refundsAtProvider(orderId)).toHaveLength(1);
  expect((await eventsOf(t, paymentId)).filter((type) => type === 'PaymentRefunded')).toHaveLength(1);
  expect(await t.refusal(mutation, { input: { ...input, amount: eur('11.00') } }, orders())).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
});

test('refunds at once never give back more than was taken', async () => {
  const { orderId, paymentId } = await paid();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => refund({ orderId, refundId: t.parts.newId(), amount: eur('10.00') })),
  );
  expect(answers.filter((answer) => answer.refund?.status === 'SUCCEEDED')).toHaveLength(2);
  expect(answers.filter((answer) => answer.userErrors[0]?.code === 'REFUND_EXCEEDS_CAPTURED')).toHaveLength(
    6,
  );
  expect(await paymentOf(paymentId)).toMatchObject({ refundedAmount: 2000n, refundRequestedAmount: 2000n });
  expect(await refundsAtProvider(orderId)).toHaveLength(2);
});

test.each(['before', 'after'] as const)(
  'a refund whose answer is lost %s it took effect is finished by its timer with the same key',
  async (cut) => {
    await dropTimers(t);
    const { orderId, paymentId } = await paid();
    const input = { orderId, refundId: t.parts.newId(), amount: eur('10.00') };
    line.cut = cut;
    expect(await t.refusal(mutation, { input }, orders())).toBe('PROVIDER_UNAVAILABLE');
    expect(await paymentOf(paymentId)).toMatchObject({ refundedAmount: 0n, refundRequestedAmount: 1000n });
    line.cut = 'no';
    t.parts.testClock.advance(61_000);
    expect(await consumeOnce(t.consuming, t.consumer('timers'))).toBe(1);
    expect(await t.db.refund.findUnique({ where: { id: input.refundId } })).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(line.sent).toEqual([`re:${input.refundId}`, `re:${input.refundId}`]);
    expect(await refundsAtProvider(orderId)).toHaveLength(1);
  },
);

test('after the life of an idempotency key the provider is searched before it is asked again', async () => {
  const { orderId } = await paid();
  const input = { orderId, refundId: t.parts.newId(), amount: eur('10.00') };
  line.cut = 'after';
  await t.refusal(mutation, { input }, orders());
  line.cut = 'no';
  await dropTimers(t);
  t.parts.testClock.advance(30 * 3_600_000);
  expect((await refund(input)).refund?.status).toBe('SUCCEEDED');
  expect(line.sent).toHaveLength(1);
  expect(await refundsAtProvider(orderId)).toHaveLength(1);
});

/** Handles webhooks, whenever they come, until `done`. */
async function consumeUntil(done: () => Promise<boolean>): Promise<void> {
  await eventually(async () => {
    await consumeOnce(t.consuming, t.consumer('webhooks'));
    return done();
  });
}

test('a refund that the bank sends back later can be made anew', async () => {
  const { orderId, paymentId } = await paid({ paymentMethodId: 'pm_card_refundFail' });
  const input = { orderId, refundId: t.parts.newId(), amount: eur('25.99') };
  expect((await refund(input)).refund?.status).toBe('SUCCEEDED');
  t.parts.testClock.advance(3_000);
  const row = () => t.db.refund.findUniqueOrThrow({ where: { id: input.refundId } });
  await consumeUntil(async () => (await row()).status === 'FAILED');
  expect(await paymentOf(paymentId)).toMatchObject({
    status: 'SUCCEEDED',
    refundedAmount: 0n,
    refundRequestedAmount: 0n,
  });
  expect((await eventsOf(t, paymentId)).slice(-1)).toEqual(['PaymentUpdated SUCCEEDED']);
  expect((await refund({ ...input, refundId: t.parts.newId() })).refund?.status).toBe('SUCCEEDED');
});

test('a refund that takes its time is told as given back only at its end', async () => {
  const { orderId, paymentId } = await paid({ paymentMethodId: 'pm_card_pendingRefund' });
  const input = { orderId, refundId: t.parts.newId(), amount: eur('5.00') };
  expect((await refund(input)).refund?.status).toBe('PENDING');
  expect(await paymentOf(paymentId)).toMatchObject({ status: 'SUCCEEDED', refundRequestedAmount: 500n });
  expect(await eventsOf(t, paymentId)).not.toContain('PaymentRefunded');
  t.parts.testClock.advance(3_000);
  await consumeUntil(async () => (await paymentOf(paymentId)).status === 'PARTIALLY_REFUNDED');
  expect(await eventsOf(t, paymentId)).toContain('PaymentRefunded');
});

test('a refund that the provider refuses fails and leaves its amount to be refunded', async () => {
  const { orderId, paymentId } = await paid();
  const [intent] = await intentsOf(t, orderId);
  await stripeOf(t).refunds.create({ payment_intent: intent?.id ?? '' });
  const { refund: failed } = await refund({ orderId, refundId: t.parts.newId(), amount: eur('10.00') });
  expect(failed?.status).toBe('FAILED');
  expect(await paymentOf(paymentId)).toMatchObject({ status: 'SUCCEEDED', refundRequestedAmount: 0n });
});

test('not even staff may call it but through orders', async () => {
  const { orderId } = await paid();
  const input = { orderId, refundId: t.parts.newId(), amount: eur('10.00') };
  expect(await t.refusal(mutation, { input }, staffCaller('admin'))).toBe('FORBIDDEN');
  expect(await t.db.refund.count({ where: { orderId } })).toBe(0);
});
