import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  createWorld,
  payOrder,
  placedOrder,
  readOrder,
  setUpShop,
  type OrderShape,
  type World,
} from './world.js';
import { staffCaller } from '../../../tests/testkit/parts.js';

const minute = 60_000;
let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const paymentOf = (order: OrderShape): { id: string; status: string } => {
  const payment = world.neighbours.payments.findLast((one) => one.orderId === order.id);
  if (!payment) throw new Error('There is no payment.');
  return payment;
};

/** What payments tells when the money has been taken. */
const processed = (order: OrderShape, paymentId: string, amount = '4490'): Promise<void> =>
  world.deliver('payments', 'PaymentProcessed', {
    paymentId,
    orderId: order.id,
    amount,
    currencyCode: 'EUR',
  });

const paidEvents = async (order: OrderShape): Promise<string[]> =>
  (await world.eventsOf(order.id)).filter((type) => type === 'OrderPaid');

/** Paid once: one event, one payment that took exactly the total. */
async function expectPaidOnce(caller: Caller, order: OrderShape): Promise<void> {
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'PAID',
    paymentDueAt: null,
    refunds: [],
  });
  expect(await paidEvents(order)).toEqual(['OrderPaid']);
  expect(world.neighbours.taken(order.id)).toBe(4490n);
}

/** Lets the order's deadline pass and the timer fire. */
async function passDeadline(order: OrderShape): Promise<void> {
  await world.rows(
    `UPDATE orders SET payment_due_at = $2 WHERE id = $1`,
    ...[order.id, new Date(world.parts.clock().getTime() - 1000)],
  );
  await dueNow(order, 'OrderPaymentDue');
}

/** Makes the order's timer due and lets it fire. */
async function dueNow(order: OrderShape, type: string): Promise<void> {
  await world.rows(
    `UPDATE inbox SET run_at = $3, lease_until = NULL, done_at = NULL WHERE aggregate_id = $1 AND type = $2`,
    ...[order.id, type, new Date(world.parts.clock().getTime() - 1000)],
  );
  await world.consume('timers');
}

test.each(['before', 'after'] as const)(
  'paying goes on with the same key where payments died %s its work',
  async (when) => {
    const { caller, order } = await placedOrder(world, methodId);
    const key = newId();
    world.neighbours.failOnce('CreatePayment', when);
    await expect(payOrder(world, caller, order.id, 'pm_card', key)).rejects.toThrow('INTERNAL_SERVER_ERROR');
    expect((await payOrder(world, caller, order.id, 'pm_card', key)).order?.status).toBe('PAID');
    await expectPaidOnce(caller, order);
  },
);

test('a payment whose answer was lost is applied by the event, and the repeat shows it without paying again', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const key = newId();
  world.neighbours.failOnce('CreatePayment', 'after');
  await expect(payOrder(world, caller, order.id, 'pm_card', key)).rejects.toThrow('INTERNAL_SERVER_ERROR');
  const payment = paymentOf(order);
  await processed(order, payment.id);
  await processed(order, payment.id);
  const repeated = await payOrder(world, caller, order.id, 'pm_card', key);
  expect(repeated).toMatchObject({ payment: { id: payment.id }, userErrors: [] });
  await expectPaidOnce(caller, order);
});

test('paying goes on with the same key where the database died as the payment was noted', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const key = newId();
  await world.rows(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'died'; END $$`);
  await world.rows(`CREATE TRIGGER die BEFORE INSERT ON order_payment FOR EACH ROW EXECUTE FUNCTION die()`);
  await expect(payOrder(world, caller, order.id, 'pm_card', key)).rejects.toThrow('INTERNAL_SERVER_ERROR');
  await world.rows(`DROP TRIGGER die ON order_payment`);
  await world.rows(`DROP FUNCTION die()`);
  expect((await readOrder(world, caller, order.id)).status).toBe('PENDING');
  await payOrder(world, caller, order.id, 'pm_card', key);
  await expectPaidOnce(caller, order);
});

test('twins that pay at once pay once, and so do the call and the event that meet', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const key = newId();
  await Promise.all([1, 2, 3].map(() => payOrder(world, caller, order.id, 'pm_card', key)));
  await processed(order, paymentOf(order).id);
  await expectPaidOnce(caller, order);
});

test('a declined payment says why, and a good one after it pays', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const key = newId();
  const declined = await payOrder(world, caller, order.id, 'pm_declined', key);
  expect(declined).toMatchObject({
    order: { status: 'PAYMENT_FAILED', cancellable: true },
    userErrors: [
      { __typename: 'PaymentDeclinedError', code: 'PAYMENT_DECLINED', declineCode: 'card_declined' },
    ],
  });
  expect(await payOrder(world, caller, order.id, 'pm_declined', key)).toEqual(declined);
  await world.deliver('payments', 'PaymentFailed', {
    paymentId: paymentOf(order).id,
    orderId: order.id,
    code: 'card_declined',
  });
  await payOrder(world, caller, order.id, 'pm_card', newId());
  await expectPaidOnce(caller, order);
  // Old news does not take it back.
  const first = world.neighbours.payments.find((one) => one.orderId === order.id)?.id ?? '';
  await world.deliver('payments', 'PaymentFailed', {
    paymentId: first,
    orderId: order.id,
    code: 'card_declined',
  });
  await expectPaidOnce(caller, order);
});

test('a payment that the customer must confirm is paid when the provider says so', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const answer = await payOrder(world, caller, order.id, 'pm_3ds', newId());
  expect(answer).toMatchObject({
    order: { status: 'PENDING' },
    nextActionUrl: 'https://bank.example/confirm',
    userErrors: [],
  });
  const payment = paymentOf(order);
  payment.status = 'SUCCEEDED';
  await processed(order, payment.id);
  await expectPaidOnce(caller, order);
});

test('a paid order cannot be paid again, and one that is somebody else’s is not found', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  expect((await payOrder(world, guestCaller(), order.id, 'pm_card', newId())).userErrors).toMatchObject([
    { code: 'NOT_FOUND' },
  ]);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  expect((await payOrder(world, caller, order.id, 'pm_card', newId())).userErrors).toMatchObject([
    { code: 'ALREADY_PAID' },
  ]);
  await expectPaidOnce(caller, order);
});

test('an order that is not paid in time is cancelled, after its payment at the provider was ended', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  await dueNow(order, 'OrderPaymentDue');
  expect((await readOrder(world, caller, order.id)).status).toBe('PENDING');
  await passDeadline(order);
  await dueNow(order, 'OrderPaymentDue');
  expect(paymentOf(order).status).toBe('CANCELLED');
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CANCELLED', paymentDueAt: null });
  expect((await world.eventsOf(order.id)).filter((type) => type === 'OrderCancelled')).toHaveLength(1);
  expect((await payOrder(world, caller, order.id, 'pm_card', newId())).userErrors).toMatchObject([
    { code: 'ORDER_CANCELLED' },
  ]);
});

test('a payment that succeeded before the deadline, unheard of, pays the order when the timer asks', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  paymentOf(order).status = 'SUCCEEDED';
  await passDeadline(order);
  await expectPaidOnce(caller, order);
});

const minutes = { day: 1_440, margin: 5 };
/** Minutes from the order on: seven days, the day that began in them, and the margin. */
const longestHold = 8 * minutes.day + minutes.margin;

/** For how many minutes from the order on its stock is held. */
async function heldFor(order: OrderShape): Promise<number> {
  const [row] = await world.rows<{ created_at: Date }>(
    'SELECT created_at FROM orders WHERE id = $1',
    order.id,
  );
  const until = new Date(world.neighbours.reservations.get(order.id)?.holdUntil ?? '').getTime();
  return Math.round((until - (row?.created_at.getTime() ?? 0)) / minute);
}

test.each(['pm_3ds', 'pm_debit'])(
  'while a payment (%s) is under way, stock is held longer than the order can wait',
  async (method) => {
    const { caller, order } = await placedOrder(world, methodId);
    expect(await heldFor(order)).toBe(30 + minutes.margin);
    await payOrder(world, caller, order.id, method, newId());
    expect(await heldFor(order)).toBe(longestHold);
  },
);

test('stock is held as long where it is not known whether a payment began, and no longer where it ended at once', async () => {
  const lost = await placedOrder(world, methodId);
  world.neighbours.failOnce('CreatePayment', 'after');
  await expect(payOrder(world, lost.caller, lost.order.id, 'pm_3ds', newId())).rejects.toThrow();
  expect(await heldFor(lost.order)).toBe(longestHold);
  for (const method of ['pm_card', 'pm_declined']) {
    const { caller, order } = await placedOrder(world, methodId);
    await payOrder(world, caller, order.id, method, newId());
    expect(await heldFor(order)).toBe(30 + minutes.margin);
  }
});

test('a payment that the provider still works on gets more time, and its stock is held as long', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_debit', newId());
  await passDeadline(order);
  const waiting = await readOrder(world, caller, order.id);
  expect(waiting.status).toBe('PENDING');
  const dueAt = new Date((waiting as unknown as { paymentDueAt: string }).paymentDueAt);
  expect(dueAt.getTime()).toBeGreaterThan(world.parts.clock().getTime() + 23 * 60 * minute);
  expect(await heldFor(order)).toBe(longestHold);
  const timers = await world.rows<{ run_at: Date }>(
    `SELECT run_at FROM inbox WHERE aggregate_id = $1 AND type = 'OrderPaymentDue' AND done_at IS NULL`,
    order.id,
  );
  expect(timers.map((row) => row.run_at.getTime())).toEqual([dueAt.getTime()]);
});

test('the timer that died between ending the payment and cancelling the order finishes when it fires again', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  world.neighbours.failOnce('CancelPayments', 'after');
  await passDeadline(order);
  expect((await readOrder(world, caller, order.id)).status).toBe('PENDING');
  await passDeadline(order);
  expect((await readOrder(world, caller, order.id)).status).toBe('CANCELLED');
});

test('a success after the order was cancelled is given back exactly once', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  const payment = paymentOf(order);
  await passDeadline(order);
  payment.status = 'SUCCEEDED';
  await processed(order, payment.id);
  await processed(order, payment.id);
  expect(world.neighbours.refunds.size).toBe(0);
  world.neighbours.failOnce('RefundPayment', 'after');
  await dueNow(order, 'RefundDue');
  await dueNow(order, 'RefundDue');
  await dueNow(order, 'RefundDue');
  expect(world.neighbours.taken(order.id)).toBe(0n);
  expect([...world.neighbours.refunds.values()].filter((one) => one.orderId === order.id)).toHaveLength(1);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'REFUNDED',
    refundedAmount: { amount: '44.90' },
    refunds: [{ status: 'SUCCEEDED', amount: { amount: '44.90' } }],
  });
  expect(await paidEvents(order)).toEqual([]);
  expect((await world.eventsOf(order.id)).filter((type) => type === 'OrderRefunded')).toHaveLength(1);
});

test('a second success for one order is given back, and the order stays paid', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const second = { ...paymentOf(order), id: newId(), attemptKey: newId() };
  world.neighbours.payments.push(second as never);
  await processed(order, second.id);
  await dueNow(order, 'RefundDue');
  expect(world.neighbours.taken(order.id)).toBe(4490n);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'PAID',
    refunds: [{ reason: 'OVERPAID' }],
  });
  expect(await paidEvents(order)).toEqual(['OrderPaid']);
});

test('a paid order whose stock is gone is cancelled and given back exactly once', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  await world.deliver('payments', 'StockCommitFailed', { orderId: order.id });
  await world.deliver('payments', 'StockCommitFailed', { orderId: order.id });
  expect((await readOrder(world, caller, order.id)).status).toBe('CANCELLED');
  await dueNow(order, 'RefundDue');
  await dueNow(order, 'RefundDue');
  const [refund] = [...world.neighbours.refunds.entries()].filter(([, one]) => one.orderId === order.id);
  await world.deliver('payments', 'PaymentRefunded', {
    ...{
      paymentId: paymentOf(order).id,
      orderId: order.id,
      refundId: refund?.[0] ?? '',
      amount: '4490',
      currencyCode: 'EUR',
    },
  });
  expect(world.neighbours.taken(order.id)).toBe(0n);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'REFUNDED',
    refundedAmount: { amount: '44.90' },
  });
  expect((await world.eventsOf(order.id)).filter((type) => type === 'OrderRefunded')).toHaveLength(1);
});

test('of a paid order that has left in part when its stock is told to be gone, the rest is cancelled, once', async () => {
  const { caller, order } = await placedOrder(world, methodId, { quantity: 3 });
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const shipped = await world.ask<{ userErrors: unknown[] }>(
    staffCaller('admin'),
    `mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { userErrors { code } } }`,
    {
      input: {
        ...{ idempotencyKey: newId(), orderId: order.id, carrier: 'DHL', trackingNumber: '1' },
        lines: [{ itemId: order.items[0]?.id, quantity: 1 }],
      },
    },
  );
  expect(shipped.userErrors).toEqual([]);
  for (let twice = 0; twice < 2; twice += 1)
    await world.deliver('payments', 'StockCommitFailed', { orderId: order.id });
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'SHIPPED',
    items: [{ quantity: 3, cancelledQuantity: 2, shippedQuantity: 1 }],
    refunds: [{ reason: 'LINES_CANCELLED', amount: { amount: '40.00' } }],
  });
  const told = await world.rows<{ lines: unknown }>(
    `SELECT payload->'lines' AS lines FROM outbox WHERE aggregate_id = $1 AND type = 'OrderShippedUnreserved'`,
    order.id,
  );
  expect(told).toMatchObject([{ lines: [{ quantity: 1 }] }]);
});
