import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import {
  createInventoryTest,
  createSecondProcess,
  createWarehouse,
  discrepancies,
  eventsOf,
  fireTimers,
  levelsOf,
  orders,
  reserved,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

let t: InventoryTest;
let home: string;
beforeAll(async () => {
  t = await createInventoryTest({ STOCK_MAX_HOLD_DAYS: '3' });
  home = await createWarehouse(t);
});
afterEach(async () => {
  t.ordersAway(false);
  expect(await discrepancies(t)).toEqual([]);
});
afterAll(() => t.close());

/** So much later, with all timers that are due by then handled. */
async function later(ms: number): Promise<void> {
  t.parts.testClock.advance(ms);
  while ((await fireTimers(t)) > 0);
}
const fromNow = (ms: number): Date => new Date(t.parts.clock().getTime() + ms);
const reservation = (orderId: string) => t.db.reservation.findUniqueOrThrow({ where: { orderId } });

test('stock stays held while orders says that a payment is under way, and is let go when it says so no more', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const [paying, idle] = [await reserved(t, { [a]: 2 }), await reserved(t, { [a]: 1 })];
  const until = fromNow(dayMs);
  t.holds.set(paying, until);
  await later(16 * minuteMs);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 2] });
  expect(await reservation(paying)).toMatchObject({ status: 'OPEN', holdUntil: until });
  expect(await eventsOf(t, idle)).toEqual(['ReservationExpired']);
  t.holds.delete(paying);
  await later(dayMs);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  // Its timer once more changes nothing.
  await t.db.inboxMessage.updateMany({ where: { aggregateId: paying }, data: { doneAt: null } });
  await later(0);
  expect(await eventsOf(t, paying)).toEqual(['ReservationExpired']);
});

test('where orders cannot be asked stock stays held and orders is asked again, until it can', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  t.ordersAway(true);
  await later(16 * minuteMs);
  await later(2 * minuteMs);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 2] });
  expect(await t.db.deadLetter.count()).toBe(0);
  t.ordersAway(false);
  await later(2 * minuteMs);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await eventsOf(t, orderId)).toEqual(['ReservationExpired']);
});

test('nothing is held longer than the shop allows, whatever orders says, or does not say', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const [promised, unknown] = [await reserved(t, { [a]: 2 }), await reserved(t, { [a]: 1 })];
  t.holds.set(promised, fromNow(30 * dayMs));
  const { createdAt } = await reservation(promised);
  await later(16 * minuteMs);
  expect((await reservation(promised)).holdUntil).toEqual(new Date(createdAt.getTime() + 3 * dayMs));
  expect((await reservation(unknown)).status).toBe('EXPIRED');
  t.ordersAway(true);
  await later(3 * dayMs);
  expect((await reservation(promised)).status).toBe('EXPIRED');
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
});

test('a hold that orders sets while inventory asks is kept', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  t.parts.testClock.advance(16 * minuteMs);
  const other = await createSecondProcess(t);
  const holdUntil = fromNow(60 * minuteMs).toISOString();
  try {
    const extend = () =>
      t.mutate<{ holdUntil: string | null }>(
        'extendReservation',
        { orderId, holdUntil },
        'holdUntil',
        orders(),
      );
    const [, , { userErrors }] = await Promise.all([fireTimers(t), fireTimers(other), extend()]);
    const { status } = await reservation(orderId);
    // Whoever was first: an order that was told of a longer hold has it.
    expect(status).toBe(userErrors.length === 0 ? 'OPEN' : 'EXPIRED');
  } finally {
    await other.close();
  }
});

test('many that are due at once are asked for and let go together', async () => {
  const a = await stockVariant(t, { [home]: 30 });
  const cost = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i += 1) await reserved(t, { [a]: 1 });
    t.parts.testClock.advance(16 * minuteMs);
    const stop = recordStatements();
    await fireTimers(t);
    const statements = stop().filter((one) => one.includes('end_reservations'));
    while ((await fireTimers(t)) > 0);
    expect(await levelsOf(t, a)).toEqual({ [home]: [30, 0] });
    return statements.length;
  };
  expect([await cost(1), await cost(20)]).toEqual([1, 1]);
});
