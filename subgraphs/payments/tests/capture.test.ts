import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PaymentProvider } from '../provider/provider.js';
import { ProviderUnavailable } from '../provider/provider.js';
import { checkPayment } from '../payment/service.js';
import {
  cancel,
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

const line: { cut: 'before' | 'after' | null } = { cut: null };

/** Loses the next capture: before the provider has it, or its answer. */
const wrapProvider = (provider: PaymentProvider): PaymentProvider => ({
  ...provider,
  captureIntent: async (...call) => {
    const { cut } = line;
    line.cut = null;
    if (cut === 'before') throw new ProviderUnavailable('cut', null);
    const answer = await provider.captureIntent(...call);
    if (cut === 'after') throw new ProviderUnavailable('cut', null);
    return answer;
  },
});

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ wrapProvider, webhooks: false, consume: false });
});
afterAll(() => t.close());

const captureMutation = `mutation($input: CapturePaymentInput!) {
  capturePayment(input: $input) { payment { id status capturedAmount { amount } failureCode } userErrors { code } }
}`;

interface Captured {
  payment: {
    id: string;
    status: string;
    capturedAmount: { amount: string };
    failureCode: string | null;
  } | null;
  userErrors: { code: string }[];
}

const capture = async (input: object): Promise<Captured> =>
  (await t.call<{ capturePayment: Captured }>(captureMutation, { input })).capturePayment;

async function authorized(changes: Record<string, unknown> = {}) {
  const input = paymentInput(t.parts, { captureMethod: 'MANUAL', ...changes });
  const { payment } = await create(t, input);
  const asked = { orderId: input.orderId, captureId: t.parts.newId(), amount: input.amount };
  return { input, id: payment?.id ?? '', status: payment?.status, asked };
}

const rowOf = (id: string) => t.db.payment.findUniqueOrThrow({ where: { id } });
const timerOf = (id: string) =>
  t.db.inboxMessage.findFirst({ where: { aggregateId: id, type: 'PaymentCheck', doneAt: null } });
const check = (id: string) => checkPayment(t.consuming.createContext('test'), id);
const authorizedEvents = ['PaymentUpdated AUTHORIZED', 'PaymentAuthorized'];
const days = 86_400_000;

test('what is to be captured later is set aside for seven days and nothing is taken', async () => {
  const { id, input, status } = await authorized();
  expect(status).toBe('AUTHORIZED');
  const row = await rowOf(id);
  expect(row).toMatchObject({ status: 'AUTHORIZED', capturedAmount: 0n, holdsOrder: true });
  expect(row.authorizedUntil!.getTime() - row.createdAt.getTime()).toBeGreaterThan(7 * days - 5_000);
  expect(await eventsOf(t, id)).toEqual(authorizedEvents);
  expect(await timerOf(id)).not.toBeNull();
  const again = await create(t, { ...input, attemptKey: '2' });
  expect(again.userErrors).toMatchObject([{ code: 'ALREADY_PAID' }]);
  expect((await intentsOf(t, input.orderId)).map((intent) => intent.status)).toEqual(['requires_capture']);
});

test('a capture takes it all, once, however often and by how many it is asked for', async () => {
  const { id, input, asked } = await authorized();
  const answers = await Promise.all(Array.from({ length: 5 }, () => capture(asked)));
  answers.push(await capture(asked));
  for (const answer of answers)
    expect(answer).toEqual({
      payment: { id, status: 'SUCCEEDED', capturedAmount: { amount: '25.99' }, failureCode: null },
      userErrors: [],
    });
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'succeeded', amount_received: 2599 }]);
  expect(await eventsOf(t, id)).toEqual([
    ...authorizedEvents,
    'PaymentUpdated SUCCEEDED',
    'PaymentProcessed',
  ]);
  expect((await rowOf(id)).feeAmount).toBe(105n);
  expect(await timerOf(id)).toBeNull();
  const other = await capture({ ...asked, captureId: t.parts.newId() });
  expect(other).toEqual({ payment: null, userErrors: [{ code: 'ALREADY_CAPTURED' }] });
});

test('a part is taken, the rest goes back, and no more than the part can be refunded', async () => {
  const { id, input, asked } = await authorized();
  const part = { ...asked, amount: { amount: '10.00', currencyCode: 'EUR' } };
  expect(await capture(part)).toMatchObject({
    payment: { status: 'SUCCEEDED', capturedAmount: { amount: '10.00' } },
  });
  const processed = await t.db.outboxEvent.findFirst({
    where: { aggregateId: id, type: 'PaymentProcessed' },
  });
  expect(processed?.payload).toMatchObject({ amount: '1000', currencyCode: 'EUR' });
  const refund = `mutation($input: RefundPaymentInput!) { refundPayment(input: $input) { refund { status } userErrors { code } } }`;
  const back = (amount: string) =>
    t.call(refund, {
      input: { orderId: input.orderId, refundId: t.parts.newId(), amount: { amount, currencyCode: 'EUR' } },
    });
  expect(await back('10.01')).toEqual({
    refundPayment: { refund: null, userErrors: [{ code: 'REFUND_EXCEEDS_CAPTURED' }] },
  });
  expect(await back('10.00')).toEqual({ refundPayment: { refund: { status: 'SUCCEEDED' }, userErrors: [] } });
  expect(await rowOf(id)).toMatchObject({ status: 'REFUNDED', refundedAmount: 1000n });
});

test('the same capture with another amount is refused, and so are more than is set aside and another currency', async () => {
  const { id, asked } = await authorized();
  const more = { ...asked, amount: { amount: '26.00', currencyCode: 'EUR' } };
  expect((await capture(more)).userErrors).toEqual([{ code: 'CAPTURE_EXCEEDS_AUTHORIZED' }]);
  const foreign = { ...asked, amount: { amount: '20.00', currencyCode: 'USD' } };
  expect((await capture(foreign)).userErrors).toEqual([{ code: 'INVALID_INPUT' }]);
  expect(await rowOf(id)).toMatchObject({ status: 'AUTHORIZED', captureId: null });
  await capture(asked);
  const less = { ...asked, amount: { amount: '20.00', currencyCode: 'EUR' } };
  expect(await t.refusal(captureMutation, { input: less }, orders())).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(await rowOf(id)).toMatchObject({ status: 'SUCCEEDED', capturedAmount: 2599n });
});

test.each(['before', 'after'] as const)(
  'a capture whose call was cut %s the provider had it is finished by the timer, once',
  async (cut) => {
    const { id, input, asked } = await authorized();
    line.cut = cut;
    expect(await t.refusal(captureMutation, { input: asked }, orders())).toBe('PROVIDER_UNAVAILABLE');
    expect(await rowOf(id)).toMatchObject({ status: 'AUTHORIZED', captureId: asked.captureId });
    // It is to be taken: giving it up meanwhile takes it too, and says so.
    const runAt = (await timerOf(id))?.runAt.getTime() ?? 0;
    expect(runAt).toBeLessThanOrEqual(t.parts.clock().getTime() + 60_000);
    for (let i = 0; i < 2; i += 1) await check(id);
    expect(await rowOf(id)).toMatchObject({ status: 'SUCCEEDED', capturedAmount: 2599n });
    expect(await intentsOf(t, input.orderId)).toMatchObject([{ amount_received: 2599 }]);
    expect((await eventsOf(t, id)).filter((type) => type === 'PaymentProcessed')).toHaveLength(1);
  },
);

test('what is given up is given back at the provider, and can no longer be taken', async () => {
  const { id, input, asked } = await authorized();
  expect(await cancel(t, input.orderId)).toMatchObject({
    payments: [{ id, status: 'CANCELLED' }],
    allEnded: true,
  });
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'canceled', amount_received: 0 }]);
  expect(await capture(asked)).toEqual({ payment: null, userErrors: [{ code: 'NOTHING_AUTHORIZED' }] });
  expect(await eventsOf(t, id)).toEqual([
    ...authorizedEvents,
    'PaymentUpdated CANCELLED',
    'PaymentCancelled',
  ]);
});

test('captured and given up at once, it ends as one of the two', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id, input, asked } = await authorized();
    const [captured, cancelled] = await Promise.all([capture(asked), cancel(t, input.orderId)]);
    const { status } = await rowOf(id);
    expect(['SUCCEEDED', 'CANCELLED']).toContain(status);
    expect(cancelled).toMatchObject({ payments: [{ id, status }], allEnded: true });
    if (status === 'SUCCEEDED') expect(captured.payment?.status).toBe('SUCCEEDED');
    else expect(captured.userErrors).toEqual([{ code: 'NOTHING_AUTHORIZED' }]);
    const [intent] = await intentsOf(t, input.orderId);
    expect(intent?.status).toBe(status === 'SUCCEEDED' ? 'succeeded' : 'canceled');
  }
});

test('what somebody cancels at the provider fails the payment, and says that', async () => {
  const { id } = await authorized();
  await stripeOf(t).paymentIntents.cancel((await rowOf(id)).providerIntentId ?? '');
  for (let i = 0; i < 2; i += 1) await check(id);
  expect(await rowOf(id)).toMatchObject({
    status: 'FAILED',
    failureCode: 'cancelled_at_provider',
    holdsOrder: false,
  });
  expect((await eventsOf(t, id)).slice(2)).toEqual(['PaymentUpdated FAILED', 'PaymentFailed']);
});

test('what the provider refuses to take for good stays set aside, and can be asked for anew', async () => {
  const { id, asked } = await authorized();
  const refuse = { ...asked, amount: { amount: '0.10', currencyCode: 'EUR' } };
  const { providerIntentId } = await rowOf(id);
  // Somebody took a part of the claim away at the provider: more is asked for than is left.
  await t.db.payment.update({ where: { id }, data: { amount: 9_999n } });
  expect((await capture({ ...asked, amount: { amount: '99.99', currencyCode: 'EUR' } })).userErrors).toEqual([
    { code: 'CAPTURE_REFUSED' },
  ]);
  expect(await rowOf(id)).toMatchObject({ status: 'AUTHORIZED', captureId: null, providerIntentId });
  const attempts = await t.db.paymentAttempt.findMany({ where: { paymentId: id }, orderBy: { id: 'asc' } });
  expect(attempts.at(-1)).toMatchObject({ action: 'CAPTURE_REFUSED', code: 'amount_too_large' });
  expect((await capture({ ...refuse, captureId: t.parts.newId() })).payment?.capturedAmount.amount).toBe(
    '0.10',
  );
});

test('an authorisation that lapses at the provider fails the payment, and the order is free for another', async () => {
  const { id, input, asked } = await authorized();
  await dropTimers(t);
  t.parts.testClock.advance(7 * days + 60_000);
  const intentId = (await rowOf(id)).providerIntentId ?? '';
  await eventually(async () => (await stripeOf(t).paymentIntents.retrieve(intentId)).status === 'canceled');
  for (let i = 0; i < 2; i += 1) await check(id);
  expect(await rowOf(id)).toMatchObject({
    ...{ status: 'FAILED', failureCode: 'authorization_expired', holdsOrder: false, authorizedUntil: null },
  });
  expect((await eventsOf(t, id)).slice(2)).toEqual(['PaymentUpdated FAILED', 'PaymentFailed']);
  expect(await timerOf(id)).toBeNull();
  expect((await capture(asked)).userErrors).toEqual([{ code: 'NOTHING_AUTHORIZED' }]);
  const deadline = new Date(t.parts.clock().getTime() + 60_000);
  expect((await create(t, { ...input, attemptKey: '2', deadline })).payment?.status).toBe('AUTHORIZED');
});
