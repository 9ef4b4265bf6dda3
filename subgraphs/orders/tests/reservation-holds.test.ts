import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { createWorld, payOrder, placedOrder, readOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const query = `query ($orderIds: [ID!]!) { reservationHolds(orderIds: $orderIds) { orderId holdUntil } }`;
const holds = (...orderIds: string[]): Promise<{ orderId: string; holdUntil: string | null }[]> =>
  world.ask(serviceCaller('inventory', 'test'), query, { orderIds });
const day = 86_400_000;

test('stock of an order for which no payment has begun may go, as that of one that was never written', async () => {
  const { order } = await placedOrder(world, methodId);
  const unknown = newId();
  expect(await holds(order.id, unknown)).toEqual([
    { orderId: order.id, holdUntil: null },
    { orderId: unknown, holdUntil: null },
  ]);
});

test.each(['before', 'after'] as const)(
  'an order that died %s its payment began, and before its stock was held longer, keeps it until its end',
  async (when) => {
    const { caller, order } = await placedOrder(world, methodId);
    world.neighbours.failOnce('CreatePayment', when);
    // The process is gone: nothing is held longer.
    world.neighbours.failOnce('ExtendReservation', 'before');
    await expect(payOrder(world, caller, order.id, 'pm_3ds', newId())).rejects.toThrow();
    const begun = new Date(world.parts.clock());
    const [held] = await holds(order.id);
    const until = new Date(held?.holdUntil ?? 0).getTime() - begun.getTime();
    expect([until > 7 * day, until <= 9 * day]).toEqual([true, true]);
    world.parts.testClock.advance(40 * 60_000);
    await world.consume('timers');
    expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'CANCELLED' });
    expect(await holds(order.id)).toEqual([{ orderId: order.id, holdUntil: null }]);
  },
);

test('a payment that is being processed holds the stock, for the longest hold and no longer', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_debit', newId());
  expect((await holds(order.id))[0]?.holdUntil).not.toBeNull();
  world.parts.testClock.advance(9 * day);
  expect(await holds(order.id)).toEqual([{ orderId: order.id, holdUntil: null }]);
});

test('a paid order keeps its stock until inventory has heard of it', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  expect((await holds(order.id))[0]?.holdUntil).not.toBeNull();
});

test('a refused attempt began no payment', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const { userErrors } = await payOrder(world, guestCaller(), order.id, 'pm_card', newId());
  expect(userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await holds(order.id)).toEqual([{ orderId: order.id, holdUntil: null }]);
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'PENDING' });
});

test('only services ask, for at most a thousand ids', async () => {
  expect(await world.refused(guestCaller(), query, { orderIds: [newId()] })).toBe('FORBIDDEN');
  const service = serviceCaller('inventory', 'test');
  expect(await world.refused(service, query, { orderIds: ['x'] })).toBe('BAD_USER_INPUT');
  const many = Array.from({ length: 1001 }, () => newId());
  expect(await world.refused(service, query, { orderIds: many })).toBe('BAD_USER_INPUT');
});
