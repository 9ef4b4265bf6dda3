import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  createInventoryTest,
  createWarehouse,
  deliver,
  discrepancies,
  eventsOf,
  fireTimers,
  ledgerOf,
  levelsOf,
  orders,
  reserve,
  reserved,
  reserveInput,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
let home: string;
beforeAll(async () => {
  t = await createInventoryTest();
  home = await createWarehouse(t);
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(() => t.close());

interface Lines {
  [variantId: string]: number;
}
const linesOf = (lines: Lines) =>
  Object.entries(lines).map(([variantId, quantity]) => ({ variantId, quantity }));

const paid = (orderId: string, seq: number, lines: Lines, eventId?: string) =>
  deliver(
    t,
    'OrderPaid',
    orderId,
    seq,
    {
      orderId,
      customerId: orderId,
      amount: '100',
      currencyCode: 'EUR',
      lines: linesOf(lines).map((line) => ({ ...line, productId: orderId })),
    },
    eventId,
  );
const cancelled = (orderId: string, seq: number, eventId?: string) =>
  deliver(t, 'OrderCancelled', orderId, seq, { orderId, customerId: orderId, reason: 'test' }, eventId);
const linesCancelled = (orderId: string, seq: number, lines: Lines, eventId?: string) =>
  deliver(t, 'OrderLinesCancelled', orderId, seq, { orderId, lines: linesOf(lines) }, eventId);

/** Lets the time of all reservations made so far run out. */
async function expire(): Promise<void> {
  t.parts.testClock.advance(16 * 60_000);
  while ((await fireTimers(t)) > 0);
}

const statusOf = async (orderId: string): Promise<string | undefined> =>
  (await t.db.reservation.findUnique({ where: { orderId } }))?.status;

test('a paid order is sold once, however often it is told', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  const eventId = await paid(orderId, 2, { [a]: 2 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
  await paid(orderId, 2, { [a]: 2 }, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5', 'SALE -2']);
  // What can be sold did not change by the payment.
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 3']);
  const [sale] = await t.db.inventoryTransaction.findMany({ where: { variantId: a, type: 'SALE' } });
  expect(sale).toMatchObject({ reference: orderId, actorId: null });
});

test('a cancelled order that was not paid gives its stock back once', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  const eventId = await cancelled(orderId, 2);
  await cancelled(orderId, 2, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5']);
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 3', '3 -> 5']);
});

test('a cancelled order that was paid puts its goods back once', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 5 });
  await paid(orderId, 2, { [a]: 5 });
  const eventId = await cancelled(orderId, 3);
  await cancelled(orderId, 3, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5', 'SALE -5', 'RETURN 5']);
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 0', 'OutOfStock', '0 -> 5']);
});

test('cancelled lines leave an open reservation, and come back from a sold one, once per event', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const orderId = await reserved(t, { [a]: 4 });
  const first = await linesCancelled(orderId, 2, { [a]: 1 });
  await linesCancelled(orderId, 2, { [a]: 1 }, first);
  expect(await levelsOf(t, a)).toEqual({ [home]: [9, 3] });
  await paid(orderId, 3, { [a]: 3 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [6, 0] });
  // The same lines once more, as an event of its own, are one piece more.
  const second = await linesCancelled(orderId, 4, { [a]: 1 });
  await linesCancelled(orderId, 4, { [a]: 1 }, second);
  expect(await levelsOf(t, a)).toEqual({ [home]: [7, 0] });
  await cancelled(orderId, 5);
  expect(await levelsOf(t, a)).toEqual({ [home]: [9, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 9', 'SALE -3', 'RETURN 1', 'RETURN 2']);
});

test('the cancellation of lines that is told after that of the order changes nothing more', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const orderId = await reserved(t, { [a]: 4 });
  await paid(orderId, 2, { [a]: 4 });
  await cancelled(orderId, 4);
  await linesCancelled(orderId, 3, { [a]: 1 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [9, 0] });
});

test('lines cancelled before the payment and told after it come back', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const orderId = await reserved(t, { [a]: 4 });
  await paid(orderId, 3, { [a]: 3 });
  await linesCancelled(orderId, 2, { [a]: 1 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [6, 0] });
});

test('a payment that is told after the cancellation of its order takes nothing', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  await cancelled(orderId, 3);
  await paid(orderId, 2, { [a]: 2 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await statusOf(orderId)).toBe('RELEASED');
  expect(await eventsOf(t, orderId)).toEqual([]);
});

test('a reservation expires at its time, once', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  await fireTimers(t);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 2] });
  await expire();
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  await t.db.inboxMessage.updateMany({ where: { aggregateId: orderId }, data: { doneAt: null } });
  await fireTimers(t);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await statusOf(orderId)).toBe('EXPIRED');
  expect(await eventsOf(t, orderId)).toEqual(['ReservationExpired']);
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 3', '3 -> 5']);
});

test('a paid reservation does not expire, nor does one that is held longer, also when its old timer fires', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const sold = await reserved(t, { [a]: 1 });
  await paid(sold, 2, { [a]: 1 });
  const held = await reserved(t, { [a]: 2 });
  const holdUntil = new Date(t.parts.clock().getTime() + 60 * 60_000).toISOString();
  const extend = (orderId: string, until: string) =>
    t.mutate<{ holdUntil: string | null }>(
      'extendReservation',
      { orderId, holdUntil: until },
      'holdUntil',
      orders(),
    );
  expect(await extend(held, holdUntil)).toEqual({ holdUntil, userErrors: [] });
  // Never shorter.
  expect(await extend(held, t.parts.clock().toISOString())).toEqual({ holdUntil, userErrors: [] });
  expect(await extend(sold, holdUntil)).toEqual({ holdUntil: null, userErrors: [] });
  t.parts.testClock.advance(16 * 60_000);
  await t.db.inboxMessage.updateMany({ where: { aggregateId: held }, data: { runAt: t.parts.clock() } });
  await fireTimers(t);
  expect(await levelsOf(t, a)).toEqual({ [home]: [4, 2] });
  t.parts.testClock.advance(60 * 60_000);
  await t.db.inboxMessage.updateMany({ where: { aggregateId: held }, data: { doneAt: null } });
  await fireTimers(t);
  expect(await levelsOf(t, a)).toEqual({ [home]: [4, 0] });
  expect(await extend(held, holdUntil)).toMatchObject({ userErrors: [{ code: 'RESERVATION_ENDED' }] });
  expect(await extend(t.parts.newId(), holdUntil)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
});

test('an order that is paid after its reservation has expired gets stock again', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  await expire();
  const eventId = await paid(orderId, 2, { [a]: 2 });
  await paid(orderId, 2, { [a]: 2 }, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5', 'SALE -2']);
  expect(await statusOf(orderId)).toBe('COMMITTED');
  expect((await eventsOf(t, a)).at(-1)).toBe('5 -> 3');
  await cancelled(orderId, 3);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
});

test('an order that is paid and never had a reservation gets stock', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = t.parts.newId();
  const eventId = await paid(orderId, 2, { [a]: 2 });
  await paid(orderId, 2, { [a]: 2 }, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
});

test('a paid order whose stock is gone is told to orders once', async () => {
  const a = await stockVariant(t, { [home]: 2 });
  const orderId = await reserved(t, { [a]: 2 });
  await expire();
  await reserved(t, { [a]: 1 });
  const eventId = await paid(orderId, 2, { [a]: 2 });
  expect(await eventsOf(t, orderId)).toEqual(['ReservationExpired', 'StockCommitFailed']);
  await stockVariant(t, { [home]: 9 }, a);
  await paid(orderId, 2, { [a]: 2 }, eventId);
  expect(await eventsOf(t, orderId)).toEqual(['ReservationExpired', 'StockCommitFailed']);
  expect(await levelsOf(t, a)).toEqual({ [home]: [9, 1] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 2', 'ADJUSTMENT 7']);
});

test('an order that is paid late takes stock for the lines that are left of it alone, in whatever order that is told', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const orderId = await reserved(t, { [a]: 5 });
  await expire();
  // The payment's lines are without those cancelled before it (2), and with those cancelled after it (4).
  await linesCancelled(orderId, 4, { [a]: 1 });
  await paid(orderId, 3, { [a]: 4 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [6, 0] });
  await linesCancelled(orderId, 2, { [a]: 1 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [6, 0] });
});

test('paid orders in time and late are sold together in one batch', async () => {
  const a = await stockVariant(t, { [home]: 10 });
  const [late, inTime] = [await reserved(t, { [a]: 3 }), reserveInput(t, { [a]: 4 })];
  await expire();
  await reserve(t, { ...inTime, holdUntil: new Date(t.parts.clock().getTime() + 60_000).toISOString() });
  const payloadOf = (orderId: string, quantity: number) => ({
    orderId,
    customerId: orderId,
    amount: '1',
    currencyCode: 'EUR',
    lines: [{ variantId: a, productId: a, quantity }],
  });
  const row = (orderId: string, quantity: number) => ({
    consumer: 'orders',
    eventId: t.parts.newId(),
    type: 'OrderPaid',
    version: 1,
    aggregateType: 'Order',
    aggregateId: orderId,
    aggregateSeq: 2,
    correlationId: 'test',
    occurredAt: t.parts.clock(),
    payload: payloadOf(orderId, quantity),
    runAt: t.parts.clock(),
  });
  await t.db.inboxMessage.createMany({ data: [row(inTime.orderId, 4)] });
  await paid(late, 2, { [a]: 3 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 10', 'SALE -3', 'SALE -4']);
});

const release = (orderId: string) =>
  t.mutate<{ released: boolean | null }>('releaseStock', { orderId }, 'released', orders());

test('releaseStock gives back what is held, once', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const input = reserveInput(t, { [a]: 2 });
  await reserve(t, input);
  expect(await Promise.all([release(input.orderId), release(input.orderId)])).toEqual(
    expect.arrayContaining([
      { released: true, userErrors: [] },
      { released: false, userErrors: [] },
    ]),
  );
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await reserve(t, input)).toMatchObject({
    status: null,
    userErrors: [{ code: 'RESERVATION_ENDED' }],
  });
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
});

test('a request that arrives after its release reserves nothing', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const input = reserveInput(t, { [a]: 2 });
  expect(await release(input.orderId)).toEqual({ released: false, userErrors: [] });
  expect(await reserve(t, input)).toMatchObject({
    status: null,
    userErrors: [{ code: 'RESERVATION_ENDED' }],
  });
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
});

test('what was sold is not released', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 2 });
  await paid(orderId, 2, { [a]: 2 });
  expect(await release(orderId)).toMatchObject({
    released: null,
    userErrors: [{ code: 'RESERVATION_COMMITTED' }],
  });
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
});

test('payment, expiry, release and cancellation at once leave one of them done', async () => {
  const a = await stockVariant(t, { [home]: 40 });
  const ids: string[] = [];
  for (let i = 0; i < 10; i += 1) ids.push(await reserved(t, { [a]: 4 }));
  t.parts.testClock.advance(16 * 60_000);
  await Promise.all([
    ...ids.map((orderId) => paid(orderId, 2, { [a]: 4 })),
    ...ids.map((orderId) => cancelled(orderId, 3)),
    ...ids.slice(0, 5).map((orderId) => release(orderId)),
    fireTimers(t),
    fireTimers(t),
  ]);
  // All are cancelled in the end, whatever came first.
  expect(await levelsOf(t, a)).toEqual({ [home]: [40, 0] });
});

test('goods that left although they were counted out were there: they are sold, once, and the rest stays as it is', async () => {
  const a = await stockVariant(t, { [home]: 2 });
  const orderId = await reserved(t, { [a]: 2 });
  await stockVariant(t, { [home]: 1 }, a);
  await paid(orderId, 2, { [a]: 2 });
  expect(await eventsOf(t, orderId)).toEqual(['ReservationExpired', 'StockCommitFailed']);
  await stockVariant(t, { [home]: 0 }, a);
  const shipped = (seq: number, eventId?: string) =>
    deliver(t, 'OrderShippedUnreserved', orderId, seq, { orderId, lines: linesOf({ [a]: 2 }) }, eventId);
  const eventId = await shipped(5);
  await shipped(5, eventId);
  await shipped(6);
  expect(await levelsOf(t, a)).toEqual({ [home]: [0, 0] });
  expect((await ledgerOf(t, a)).slice(-2).sort()).toEqual(['ADJUSTMENT 2', 'SALE -2']);
  expect(await ledgerOf(t, a)).toHaveLength(5);
  const lines = await t.db.reservationLine.findMany({ where: { orderId } });
  expect(lines).toMatchObject([{ variantId: a, warehouseId: home, quantity: 2 }]);
  expect(await t.db.reservation.findUnique({ where: { orderId } })).toMatchObject({ status: 'COMMITTED' });
  expect(await discrepancies(t)).toEqual([]);
});
