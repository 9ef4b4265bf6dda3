import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  createWorld,
  orderFields,
  payOrder,
  placedOrder,
  readOrder,
  setUpShop,
  type OrderAnswer,
  type OrderShape,
  type World,
} from './world.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld({ PAYMENT_CAPTURE: 'manual' });
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const mutate = (caller: Caller, name: string, input: Record<string, unknown>): Promise<OrderAnswer> => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return world.ask(
    caller,
    `mutation ($input: ${type}!) { ${name}(input: $input) { order { ${orderFields} } userErrors { code message } } }`,
    { input },
  );
};
const capture = (order: OrderShape, more: Record<string, unknown> = {}): Promise<OrderAnswer> =>
  mutate(staff, 'captureOrder', { idempotencyKey: newId(), orderId: order.id, ...more });
const told = async (order: OrderShape, type: string): Promise<number> =>
  (await world.eventsOf(order.id)).filter((one) => one === type).length;
const paymentOf = (order: OrderShape): string =>
  world.neighbours.payments.findLast((one) => one.orderId === order.id)?.id ?? '';

/** An order of 44.90 whose money is set aside. */
async function authorized(): Promise<{ caller: Caller; order: OrderShape }> {
  const placed = await placedOrder(world, methodId);
  const { userErrors } = await payOrder(world, placed.caller, placed.order.id, 'pm_card', newId());
  expect(userErrors).toEqual([]);
  return placed;
}

test('money that is set aside confirms the order and sells its stock; shipping waits until it is taken', async () => {
  const { caller, order } = await authorized();
  const amount = { amount: '4490', currencyCode: 'EUR', authorizedUntil: null };
  await world.deliver('payments', 'PaymentAuthorized', {
    paymentId: paymentOf(order),
    orderId: order.id,
    ...amount,
  });
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    ...{ status: 'CONFIRMED', orderState: 'CONFIRMED', paymentState: 'AUTHORIZED', paymentDueAt: null },
  });
  expect([await told(order, 'OrderConfirmed'), await told(order, 'OrderPaid')]).toEqual([1, 0]);
  for (const name of ['shipOrder', 'startFulfilment']) {
    const key = name === 'shipOrder' ? { idempotencyKey: newId() } : {};
    const { userErrors } = await mutate(staff, name, { orderId: order.id, ...key });
    expect(userErrors).toMatchObject([{ code: 'NOT_CAPTURED' }]);
  }
  const again = await payOrder(world, caller, order.id, 'pm_card', newId());
  expect(again.userErrors).toMatchObject([{ code: 'ALREADY_PAID' }]);
  // No timer of its payment cancels it.
  world.parts.testClock.advance(2 * 3_600_000);
  await world.consume('timers');
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CONFIRMED' });
});

test('staff take the money once, whoever asks how often, and then ship', async () => {
  const { order } = await authorized();
  const input = { idempotencyKey: newId() };
  const answers = await Promise.all([1, 2, 3].map(() => capture(order, input)));
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], [], []]);
  expect((await capture(order, input)).order).toMatchObject({
    status: 'PAID',
    amountDue: { amount: '44.90' },
  });
  expect((await capture(order)).userErrors).toMatchObject([{ code: 'NOT_AUTHORIZED' }]);
  expect(world.neighbours.taken(order.id)).toBe(4490n);
  const news = { paymentId: paymentOf(order), orderId: order.id, amount: '4490', currencyCode: 'EUR' };
  await world.deliver('payments', 'PaymentProcessed', news);
  expect(await told(order, 'OrderPaid')).toBe(1);
  const { userErrors } = await mutate(staff, 'shipOrder', { idempotencyKey: newId(), orderId: order.id });
  expect(userErrors).toEqual([]);
});

test.each(['before', 'after'] as const)(
  'a capture that died %s its work goes on with its key',
  async (when) => {
    const { order } = await authorized();
    const input = { idempotencyKey: newId() };
    world.neighbours.failOnce('CapturePayment', when);
    await expect(capture(order, input)).rejects.toThrow();
    expect((await capture(order, input)).order).toMatchObject({ status: 'PAID' });
    expect(world.neighbours.taken(order.id)).toBe(4490n);
  },
);

test('a part is taken: the rest is let off, and no more than that can be given back', async () => {
  const { order } = await authorized();
  for (const amount of ['0.00', '44.91', '-1.00'])
    expect((await capture(order, { amount })).userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  const { order: paid } = await capture(order, { amount: '40.00' });
  expect(paid).toMatchObject({ status: 'PAID', amountDue: { amount: '40.00' }, total: { amount: '44.90' } });
  const cancelled = await mutate(staff, 'cancelOrder', { idempotencyKey: newId(), orderId: order.id });
  expect(cancelled.order).toMatchObject({ status: 'REFUNDED', refundedAmount: { amount: '40.00' } });
  expect(world.neighbours.taken(order.id)).toBe(0n);
});

test('a cancelled line lowers what is taken', async () => {
  const { caller, order } = await authorized();
  const lines = [{ itemId: order.items[0]?.id, quantity: 1 }];
  await mutate(caller, 'cancelOrderLines', { idempotencyKey: newId(), orderId: order.id, lines });
  expect((await capture(order)).order).toMatchObject({ status: 'PAID', amountDue: { amount: '24.90' } });
  expect(world.neighbours.taken(order.id)).toBe(2490n);
});

test('cancelling gives up what is set aside, with the customer’s words kept', async () => {
  const { caller, order } = await authorized();
  const input = { idempotencyKey: newId(), orderId: order.id, reason: 'Zu spät.' };
  const answers = await Promise.all([1, 2].map(() => mutate(caller, 'cancelOrder', input)));
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], []]);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'CANCELLED',
    paymentState: 'NONE',
    refunds: [],
  });
  expect(world.neighbours.payments.at(-1)?.status).toBe('CANCELLED');
  expect(await told(order, 'OrderCancelled')).toBe(1);
  const notes = await world.ask(staff, `query ($id: ID!) { order(id: $id) { notes { text } } }`, {
    id: order.id,
  });
  expect(notes).toEqual({ notes: [{ text: 'Zu spät.' }] });
});

test('an authorisation that lapses ends the order, and its stock goes back', async () => {
  const { caller, order } = await authorized();
  const lapse = { orderId: order.id, paymentId: paymentOf(order), code: 'authorization_expired' };
  for (let time = 1; time <= 2; time += 1) await world.deliver('payments', 'PaymentFailed', lapse);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'CANCELLED',
    paymentState: 'FAILED',
  });
  const reasons = await world.rows(
    `SELECT payload->>'reason' AS reason FROM outbox WHERE aggregate_id = $1 AND type = 'OrderCancelled'`,
    order.id,
  );
  expect(reasons).toEqual([{ reason: 'AUTHORIZATION_LAPSED' }]);
});

test('news that what was set aside is given up do not end the order: who gives it up does, with the reason', async () => {
  const { caller, order } = await authorized();
  const news = { orderId: order.id, paymentId: paymentOf(order) };
  for (let time = 1; time <= 2; time += 1) await world.deliver('payments', 'PaymentCancelled', news);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'CONFIRMED',
    paymentState: 'AUTHORIZED',
  });
  const input = { idempotencyKey: newId(), orderId: order.id, reason: 'Zu spät.' };
  await mutate(caller, 'cancelOrder', input);
  const reasons = await world.rows(
    `SELECT payload->>'reason' AS reason FROM outbox WHERE aggregate_id = $1 AND type = 'OrderCancelled'`,
    order.id,
  );
  expect(reasons).toEqual([{ reason: 'CUSTOMER' }]);
});

test('money that is set aside for an order that is over is given up', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await mutate(caller, 'cancelOrder', { idempotencyKey: newId(), orderId: order.id });
  const amount = { amount: '44.90', currencyCode: 'EUR' };
  const late = {
    id: newId(),
    orderId: order.id,
    attemptKey: newId(),
    initiatedBy: null,
    status: 'AUTHORIZED',
  };
  world.neighbours.payments.push({ ...late, amount, capturedAmount: amount });
  const news = {
    paymentId: late.id,
    orderId: order.id,
    amount: '4490',
    currencyCode: 'EUR',
    authorizedUntil: null,
  };
  await world.deliver('payments', 'PaymentAuthorized', news);
  await world.consume('timers');
  expect(world.neighbours.payments.at(-1)?.status).toBe('CANCELLED');
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CANCELLED', refunds: [] });
});

test('the news that money was set aside comes after the word that it was given up: the order waits on', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const payment = { paymentId: newId(), orderId: order.id };
  await world.deliver('payments', 'PaymentCancelled', payment);
  const amount = { amount: '4490', currencyCode: 'EUR', authorizedUntil: null };
  await world.deliver('payments', 'PaymentAuthorized', { ...payment, ...amount });
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'PENDING', paymentState: 'NONE' });
  expect(await told(order, 'OrderConfirmed')).toBe(0);
});

test('only staff take money', async () => {
  const { caller, order } = await authorized();
  const mutation = `mutation ($input: CaptureOrderInput!) { captureOrder(input: $input) { userErrors { code } } }`;
  expect(
    await world.refused(caller, mutation, { input: { idempotencyKey: newId(), orderId: order.id } }),
  ).toBe('FORBIDDEN');
  expect(await readOrder(world, caller, order.id)).toMatchObject({ paymentState: 'AUTHORIZED' });
});
