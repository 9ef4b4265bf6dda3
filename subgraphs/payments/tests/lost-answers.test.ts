import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import { ProviderUnavailable, type PaymentProvider } from '../provider/provider.js';
import { handleEvent, receiveEvent } from '../webhook/service.js';
import {
  cancel,
  create,
  createPaymentMutation,
  dropTimers,
  eventsOf,
  intentsOf,
  orders,
  paymentInput,
  startPayments,
  type PaymentsTest,
} from './payments-test.js';

/** What the connection between payments and the provider does; `sent` are the idempotency keys of the calls. */
const line = { cut: 'no' as 'no' | 'before' | 'after', feeLater: false, sent: [] as string[] };

/** A process that dies, or a connection that breaks, before the call arrives or after it has taken effect. */
function breakable(provider: PaymentProvider): PaymentProvider {
  return {
    ...provider,
    createIntent: async (request) => {
      line.sent.push(request.key);
      if (line.cut === 'before') throw new ProviderUnavailable('cut before', null);
      const intent = await provider.createIntent(request);
      if (line.cut === 'after') throw new ProviderUnavailable('cut after', null);
      return line.feeLater ? { ...intent, fee: null } : intent;
    },
  };
}

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false, wrapProvider: breakable });
});
afterAll(() => t.close());
beforeEach(() => {
  line.cut = 'no';
  line.feeLater = false;
  line.sent = [];
});

/** The timers of payments, as its worker runs them. */
const runTimers = (): Promise<number> => consumeOnce(t.consuming, t.consumer('timers'));

test.each(['before', 'after'] as const)(
  'a call whose answer is lost %s it took effect is finished by the same call with the same key',
  async (cut) => {
    const input = paymentInput(t.parts);
    line.cut = cut;
    expect(await t.refusal(createPaymentMutation, { input }, orders())).toBe('PROVIDER_UNAVAILABLE');
    const [row] = await t.db.payment.findMany({ where: { orderId: input.orderId } });
    expect(row).toMatchObject({ status: 'PENDING', providerIntentId: null, holdsOrder: true });
    line.cut = 'no';
    const { payment } = await create(t, input);
    expect(payment).toMatchObject({ id: row?.id, status: 'SUCCEEDED' });
    expect(line.sent).toEqual([`pi:${input.orderId}:1`, `pi:${input.orderId}:1`]);
    expect(await intentsOf(t, input.orderId)).toHaveLength(1);
    expect(await eventsOf(t, row?.id)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
  },
);

test.each(['before', 'after'] as const)(
  'where nobody calls again, the timer finishes what was lost %s it took effect, with the same key',
  async (cut) => {
    const input = paymentInput(t.parts);
    line.cut = cut;
    await t.refusal(createPaymentMutation, { input }, orders());
    line.cut = 'no';
    expect(await runTimers()).toBe(0);
    t.parts.testClock.advance(61_000);
    expect(await runTimers()).toBe(1);
    const [row] = await t.db.payment.findMany({ where: { orderId: input.orderId } });
    expect(row?.status).toBe('SUCCEEDED');
    expect(line.sent).toEqual([`pi:${input.orderId}:1`, `pi:${input.orderId}:1`]);
    expect(await intentsOf(t, input.orderId)).toHaveLength(1);
    expect(await runTimers()).toBe(0);
  },
);

test('an outage of the provider does not use up the timer: it goes on until there is an answer', async () => {
  const input = paymentInput(t.parts, { deadline: new Date(t.parts.clock().getTime() + 30 * 86_400_000) });
  line.cut = 'before';
  await t.refusal(createPaymentMutation, { input }, orders());
  for (let i = 0; i < 20; i += 1) {
    t.parts.testClock.advance(3_600_000);
    expect(await runTimers()).toBe(1);
  }
  expect(await t.db.deadLetter.count()).toBe(0);
  line.cut = 'no';
  t.parts.testClock.advance(3_600_000);
  await runTimers();
  expect(await t.db.payment.findMany({ where: { orderId: input.orderId } })).toMatchObject([
    { status: 'SUCCEEDED' },
  ]);
});

test('after the life of an idempotency key the provider is searched before it is asked again', async () => {
  const input = paymentInput(t.parts, { deadline: new Date(t.parts.clock().getTime() + 30 * 86_400_000) });
  line.cut = 'after';
  await t.refusal(createPaymentMutation, { input }, orders());
  line.cut = 'no';
  await dropTimers(t);
  t.parts.testClock.advance(30 * 3_600_000);
  expect((await create(t, input)).payment?.status).toBe('SUCCEEDED');
  expect(line.sent).toHaveLength(1);
  expect(await intentsOf(t, input.orderId)).toHaveLength(1);
});

test('an order that is given up is released only when it is sure that no lost call has taken money', async () => {
  const input = paymentInput(t.parts, { paymentMethodId: 'pm_card_threeDSecure2Required' });
  line.cut = 'after';
  await t.refusal(createPaymentMutation, { input }, orders());
  line.cut = 'no';
  expect(await cancel(t, input.orderId)).toMatchObject({
    allEnded: false,
    payments: [{ status: 'PENDING' }],
  });
  t.parts.testClock.advance(121_000);
  expect(await cancel(t, input.orderId)).toMatchObject({
    allEnded: true,
    payments: [{ status: 'CANCELLED' }],
  });
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'canceled' }]);
});

test('a lost call that never arrived ends as cancelled, and never arrives later', async () => {
  const input = paymentInput(t.parts);
  line.cut = 'before';
  await t.refusal(createPaymentMutation, { input }, orders());
  line.cut = 'no';
  t.parts.testClock.advance(121_000);
  expect(await cancel(t, input.orderId)).toMatchObject({
    allEnded: true,
    payments: [{ status: 'CANCELLED' }],
  });
  expect((await create(t, input)).payment?.status).toBe('CANCELLED');
  expect(await intentsOf(t, input.orderId)).toEqual([]);
});

test('a lost call that has taken the money is told so when the order is given up', async () => {
  const input = paymentInput(t.parts);
  line.cut = 'after';
  await t.refusal(createPaymentMutation, { input }, orders());
  line.cut = 'no';
  t.parts.testClock.advance(121_000);
  expect(await cancel(t, input.orderId)).toMatchObject({
    allEnded: true,
    payments: [{ status: 'SUCCEEDED' }],
  });
});

test('payments that wait beyond the deadline of their order are ended by their timer', async () => {
  const input = paymentInput(t.parts, { paymentMethodId: 'pm_card_threeDSecure2Required' });
  const { payment } = await create(t, input);
  t.parts.testClock.advance(15 * 60_000 + 1_000);
  await runTimers();
  expect(await t.db.payment.findUnique({ where: { id: payment?.id ?? '' } })).toMatchObject({
    status: 'CANCELLED',
    holdsOrder: false,
  });
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'canceled' }]);
  expect(await eventsOf(t, payment?.id)).toEqual([
    'PaymentUpdated REQUIRES_ACTION',
    'PaymentUpdated CANCELLED',
    'PaymentCancelled',
  ]);
});

test('a connection that is cut each time leaves one intent, which the same call finds again', async () => {
  const input = paymentInput(t.parts);
  await t.helper('chaos', { loseAnswerRate: 1 });
  expect(await t.refusal(createPaymentMutation, { input }, orders())).toBe('PROVIDER_UNAVAILABLE');
  expect(await intentsOf(t, input.orderId)).toMatchObject([{ status: 'succeeded' }]);
  await t.helper('chaos', {});
  expect((await create(t, input)).payment?.status).toBe('SUCCEEDED');
  expect(await intentsOf(t, input.orderId)).toHaveLength(1);
});

test('a webhook finishes a payment whose answer was lost', async () => {
  const input = paymentInput(t.parts);
  line.cut = 'after';
  await t.refusal(createPaymentMutation, { input }, orders());
  const [intent] = await intentsOf(t, input.orderId);
  const ctx = t.consuming.createContext('test');
  for (let i = 0; i < 2; i += 1) await handleEvent(ctx, { kind: 'intent', id: intent?.id ?? '' });
  const [row] = await t.db.payment.findMany({ where: { orderId: input.orderId } });
  expect(row).toMatchObject({ status: 'SUCCEEDED', providerIntentId: intent?.id });
  expect(await eventsOf(t, row?.id)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
});

test('a fee that the provider reckons later is recorded and is no event', async () => {
  line.feeLater = true;
  const { payment } = await create(t, paymentInput(t.parts));
  const row = () => t.db.payment.findUniqueOrThrow({ where: { id: payment?.id ?? '' } });
  const { providerIntentId, feeAmount } = await row();
  expect(feeAmount).toBeNull();
  const ctx = t.consuming.createContext('test');
  for (let i = 0; i < 2; i += 1) await handleEvent(ctx, { kind: 'intent', id: providerIntentId ?? '' });
  expect((await row()).feeAmount).toBe(105n);
  expect(await eventsOf(t, payment?.id)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
});

test('a webhook that tells nothing new costs four statements: storing it, taking it, a look, and that it is done', async () => {
  const { payment } = await create(t, paymentInput(t.parts));
  const { providerIntentId } = await t.db.payment.findUniqueOrThrow({ where: { id: payment?.id ?? '' } });
  const event = {
    id: 'evt_count',
    type: 'payment_intent.succeeded',
    occurredAt: t.parts.clock(),
    objectId: providerIntentId,
    intentId: providerIntentId,
  };
  const stop = recordStatements();
  await receiveEvent(t.consuming.createContext('test'), event);
  expect(await consumeOnce(t.consuming, t.consumer('webhooks'))).toBe(1);
  expect(stop().filter((text) => !/^(BEGIN|COMMIT)/.test(text))).toHaveLength(4);
});
