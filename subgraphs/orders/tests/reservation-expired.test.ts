import { afterAll, beforeAll, expect, test } from '@jest/globals';
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

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const lapsed = (orderId: string): Promise<void> => world.deliver('timers', 'ReservationExpired', { orderId });

const paymentOf = (order: OrderShape): { id: string; status: string } => {
  const payment = world.neighbours.payments.findLast((one) => one.orderId === order.id);
  if (!payment) throw new Error('There is no payment.');
  return payment;
};

const processed = (order: OrderShape): Promise<void> =>
  world.deliver('payments', 'PaymentProcessed', {
    ...{ paymentId: paymentOf(order).id, orderId: order.id, amount: '4490', currencyCode: 'EUR' },
  });

/** Why the order was cancelled, once per event that says so. */
const reasons = async (order: OrderShape): Promise<string[]> =>
  (
    await world.rows<{ reason: string }>(
      `SELECT payload->>'reason' AS reason FROM outbox WHERE aggregate_id = $1 AND type = 'OrderCancelled'`,
      order.id,
    )
  ).map(({ reason }) => reason);

/** The refund's timer fires, as often as it likes. */
async function refundDue(order: OrderShape): Promise<void> {
  for (let time = 1; time <= 2; time += 1) {
    await world.rows(
      `UPDATE inbox SET run_at = $2, lease_until = NULL, done_at = NULL WHERE aggregate_id = $1 AND type = 'RefundDue'`,
      ...[order.id, new Date(world.parts.clock().getTime() - 1000)],
    );
    await world.consume('timers');
  }
}

test('an unpaid order whose stock has lapsed is cancelled once, after its payment was ended', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  await lapsed(order.id);
  await lapsed(order.id);
  expect(paymentOf(order).status).toBe('CANCELLED');
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CANCELLED', paymentDueAt: null });
  expect(await reasons(order)).toEqual(['RESERVATION_EXPIRED']);
});

test('a paid order stays, and one that was never written is no fault', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const { order: paid } = await payOrder(world, caller, order.id, 'pm_card', newId());
  await lapsed(order.id);
  await lapsed(newId());
  expect(await readOrder(world, caller, order.id)).toEqual(paid);
  expect(await reasons(order)).toEqual([]);
});

test('a payment that succeeds at the same time pays the order', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  // The provider has taken the money before it is asked to end the payment, and says so while it is asked.
  paymentOf(order).status = 'SUCCEEDED';
  world.neighbours.onCall('CancelPayments', () => processed(order));
  await lapsed(order.id);
  await lapsed(order.id);
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'PAID', refunds: [] });
  expect(await reasons(order)).toEqual([]);
  expect((await world.eventsOf(order.id)).filter((type) => type === 'OrderPaid')).toHaveLength(1);
  expect(world.neighbours.taken(order.id)).toBe(4490n);
});

test('a payment that is told of after the end is given back once', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  await lapsed(order.id);
  paymentOf(order).status = 'SUCCEEDED';
  await processed(order);
  await processed(order);
  await refundDue(order);
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'REFUNDED',
    refundedAmount: { amount: '44.90' },
  });
  expect(world.neighbours.taken(order.id)).toBe(0n);
  expect([...world.neighbours.refunds.values()].filter((one) => one.orderId === order.id)).toHaveLength(1);
});

test('a payment that the provider still works on is waited for, and pays the order or gives it up', async () => {
  for (const [status, after, why] of [
    ['SUCCEEDED', 'PAID', []],
    ['CANCELLED', 'CANCELLED', ['RESERVATION_EXPIRED']],
  ] as const) {
    const { caller, order } = await placedOrder(world, methodId);
    await payOrder(world, caller, order.id, 'pm_debit', newId());
    await lapsed(order.id);
    await lapsed(order.id);
    expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'PENDING' });
    paymentOf(order).status = status;
    if (status === 'SUCCEEDED') await processed(order);
    else await lapsed(order.id);
    expect(await readOrder(world, caller, order.id)).toMatchObject({ status: after });
    expect(await reasons(order)).toEqual(why);
  }
});

test('a handler that died after the payment was ended finishes when it runs again', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  world.neighbours.failOnce('CancelPayments', 'after');
  await expect(lapsed(order.id)).rejects.toThrow('died');
  expect((await readOrder(world, caller, order.id)).status).toBe('PENDING');
  await lapsed(order.id);
  expect(await reasons(order)).toEqual(['RESERVATION_EXPIRED']);
});
