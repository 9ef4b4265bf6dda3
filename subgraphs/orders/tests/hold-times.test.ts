import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../shared/ids.js';
import { applyPayment } from '../payment/service.js';
import { createWorld, payOrder, placedOrder, readOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const minute = 60_000;
const day = 1_440 * minute;
/** Time passes, and what is due by then is done. */
async function pass(ms: number): Promise<void> {
  world.parts.testClock.advance(ms);
  await world.consume('timers');
}
const dueIn = async (caller: Parameters<typeof readOrder>[1], id: string): Promise<number> => {
  const order = (await readOrder(world, caller, id)) as unknown as { paymentDueAt: string };
  return Math.round((new Date(order.paymentDueAt).getTime() - world.parts.clock().getTime()) / minute);
};

test('a card that waits for its confirmation has half an hour, a bank transfer a week', async () => {
  const card = await placedOrder(world, methodId);
  await payOrder(world, card.caller, card.order.id, 'pm_3ds', newId());
  const transfer = await placedOrder(world, methodId);
  await payOrder(world, transfer.caller, transfer.order.id, 'pm_transfer', newId());
  expect(await dueIn(card.caller, card.order.id)).toBe(30);
  expect(await dueIn(transfer.caller, transfer.order.id)).toBe(7 * 1_440);

  await pass(31 * minute);
  expect(await readOrder(world, card.caller, card.order.id)).toMatchObject({ status: 'CANCELLED' });
  expect(await readOrder(world, transfer.caller, transfer.order.id)).toMatchObject({ status: 'PENDING' });
  expect(world.neighbours.reservations.get(transfer.order.id)?.status).toBe('RESERVED');

  await pass(7 * day);
  expect(await readOrder(world, transfer.caller, transfer.order.id)).toMatchObject({ status: 'CANCELLED' });
  expect(world.neighbours.payments.at(-1)).toMatchObject({ orderId: transfer.order.id, status: 'CANCELLED' });
});

test('a transfer that came to nothing leaves half an hour for another attempt, not the rest of the week', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_transfer', newId());
  await pass(2 * day);
  const paymentId = world.neighbours.payments.at(-1)?.id ?? '';
  for (let time = 1; time <= 2; time += 1)
    await world.deliver('payments', 'PaymentFailed', { orderId: order.id, paymentId, code: 'declined' });
  expect(await dueIn(caller, order.id)).toBe(30);
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'PAYMENT_FAILED' });
  await pass(31 * minute);
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CANCELLED' });
});

test('a transfer that is given up leaves half an hour as well, and is told of once', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_transfer', newId());
  expect(await dueIn(caller, order.id)).toBe(7 * 1_440);
  const paymentId = world.neighbours.payments.at(-1)?.id ?? '';
  const before = (await world.eventsOf(order.id)).length;
  for (let time = 1; time <= 2; time += 1)
    await world.deliver('payments', 'PaymentCancelled', { orderId: order.id, paymentId });
  expect(await dueIn(caller, order.id)).toBe(30);
  expect((await world.eventsOf(order.id)).slice(before)).toEqual(['OrderUpdated']);
  await pass(31 * minute);
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CANCELLED' });
});

test('news that a payment was given up are not undone by the answer to its call that comes after them', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const paymentId = newId();
  await world.deliver('payments', 'PaymentCancelled', { orderId: order.id, paymentId });
  const begun = { paymentId, status: 'PENDING', amount: 4490n } as const;
  const after = await applyPayment(world.context(), order.id, begun, undefined, { method: 'BANK_TRANSFER' });
  expect(after.payments).toMatchObject([{ paymentId, status: 'CANCELLED' }]);
  expect(await dueIn(caller, order.id)).toBe(30);
});

test('a declined card does not give an order more time than it had', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await pass(10 * minute);
  await payOrder(world, caller, order.id, 'pm_declined', newId());
  expect(await dueIn(caller, order.id)).toBe(20);
});

test('who has not paid after a while is told of it once, who has is not', async () => {
  const told = async (id: string): Promise<number> =>
    (await world.eventsOf(id)).filter((type) => type === 'OrderAwaitsPayment').length;
  const timersOf = (id: string): Promise<{ type: string }[]> =>
    world.rows(`SELECT type FROM inbox WHERE aggregate_id = $1 AND done_at IS NULL`, id);
  const unpaid = await placedOrder(world, methodId);
  const paid = await placedOrder(world, methodId);
  await payOrder(world, paid.caller, paid.order.id, 'pm_card_visa', newId());
  expect(await timersOf(paid.order.id)).toEqual([]);
  expect((await timersOf(unpaid.order.id)).map(({ type }) => type).sort()).toEqual([
    'OrderPaymentDue',
    'UnpaidNewsDue',
  ]);
  await world.consume('payments');
  expect(await told(unpaid.order.id)).toBe(0);
  world.parts.testClock.advance(6 * minute);
  await world.consume('payments');
  await world.consume('payments');
  expect([await told(unpaid.order.id), await told(paid.order.id)]).toEqual([1, 0]);
});
