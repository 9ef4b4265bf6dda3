import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import { transact } from '../../shared/transaction.js';
import { decideReservations } from '../reservation/service.js';
import {
  createInventoryTest,
  createWarehouse,
  deliver,
  discrepancies,
  eventsOf,
  ledgerOf,
  levelsOf,
  reserve,
  reserved,
  reserveInput,
  staff,
  stockVariant,
  type InventoryTest,
  type UserErrorShape,
} from './inventory-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: InventoryTest;
let home: string;
const clerk = staff();
beforeAll(async () => {
  t = await createInventoryTest();
  home = await createWarehouse(t);
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(() => t.close());

interface Answer {
  levels: { onHand: number; reserved: number }[] | null;
  userErrors: (UserErrorShape & { reserved?: number })[];
}

const set = (variantId: string, quantity: number, idempotencyKey: string = t.parts.newId()) =>
  t.mutate<Answer>(
    'setInventoryQuantities',
    { idempotencyKey, reason: 'Count', quantities: [{ variantId, warehouseId: home, quantity }] },
    'levels { onHand reserved }',
    clerk,
  );
const adjust = (variantId: string, delta: number, type: string) =>
  t.mutate<Answer>(
    'adjustInventoryQuantities',
    {
      ...{ idempotencyKey: t.parts.newId(), reason: 'Flood', type },
      changes: [{ variantId, warehouseId: home, delta }],
    },
    'levels { onHand reserved }',
  );

const statusOf = async (...orderIds: string[]): Promise<(string | undefined)[]> => {
  const rows = await t.db.reservation.findMany({ where: { orderId: { in: orderIds } } });
  return orderIds.map((id) => rows.find((row) => row.orderId === id)?.status);
};

test('a count below what is reserved breaks the newest reservations, whole, and no more than it must', async () => {
  const [a, b] = [await stockVariant(t, { [home]: 10 }), await stockVariant(t, { [home]: 5 })];
  const oldest = await reserved(t, { [a]: 3 });
  const middle = await reserved(t, { [a]: 3, [b]: 2 });
  const newest = await reserved(t, { [b]: 1 });
  const key = t.parts.newId();
  expect(await set(a, 5, key)).toEqual({ levels: [{ onHand: 5, reserved: 3 }], userErrors: [] });
  expect(await statusOf(oldest, middle, newest)).toEqual(['OPEN', 'EXPIRED', 'OPEN']);
  // What the order held of other articles is free as well.
  expect(await levelsOf(t, b)).toEqual({ [home]: [5, 1] });
  expect(await eventsOf(t, middle)).toEqual(['ReservationExpired']);
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 10', 'ADJUSTMENT -5']);
  // A repeat breaks nothing more, although more has come and more is reserved since.
  await adjust(a, 5, 'ADJUSTMENT');
  const later = await reserved(t, { [a]: 4 });
  expect(await set(a, 5, key)).toMatchObject({ userErrors: [] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 10', 'ADJUSTMENT -5', 'ADJUSTMENT 5']);
  expect(await statusOf(oldest, later)).toEqual(['OPEN', 'OPEN']);
  expect(await eventsOf(t, middle)).toEqual(['ReservationExpired']);
});

test.each(['DAMAGE', 'EXPIRY', 'ADJUSTMENT'])(
  '%s of reserved pieces breaks reservations too',
  async (type) => {
    const a = await stockVariant(t, { [home]: 4 });
    const [first, second] = [await reserved(t, { [a]: 2 }), await reserved(t, { [a]: 2 })];
    expect(await adjust(a, -1, type)).toMatchObject({ levels: [{ onHand: 3, reserved: 2 }] });
    expect(await statusOf(first, second)).toEqual(['OPEN', 'EXPIRED']);
    expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 4', `${type} -1`]);
  },
);

test.each([
  ['orders', 'OrderPaid'],
  ['confirmations', 'OrderConfirmed'],
])('an order keeps its pieces while the news of its money is on its way to %s', async (consumer, type) => {
  const a = await stockVariant(t, { [home]: 4 });
  const [paying, other] = [await reserved(t, { [a]: 3 }), await reserved(t, { [a]: 1 })];
  const now = t.parts.clock();
  const message = {
    ...{
      consumer,
      eventId: t.parts.newId(),
      type,
      version: 1,
      aggregateType: 'Order',
    },
    ...{
      aggregateId: paying,
      aggregateSeq: 2,
      correlationId: 'test',
      occurredAt: now,
      payload: {},
      runAt: now,
    },
  };
  await t.db.inboxMessage.create({ data: message });
  const refused = await set(a, 2);
  expect(refused).toMatchObject({ levels: null, userErrors: [{ code: 'QUANTITY_BELOW_RESERVED' }] });
  expect(await statusOf(paying, other)).toEqual(['OPEN', 'OPEN']);
  expect(await levelsOf(t, a)).toEqual({ [home]: [4, 4] });
  expect(await set(a, 3)).toMatchObject({ levels: [{ onHand: 3, reserved: 3 }] });
  expect(await statusOf(paying, other)).toEqual(['OPEN', 'EXPIRED']);
  await t.db.inboxMessage.deleteMany({ where: { eventId: message.eventId } });
});

test('no more than there is can be lost, and a transfer breaks nothing', async () => {
  const away = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 3 });
  const orderId = await reserved(t, { [a]: 2 });
  expect(await adjust(a, -4, 'DAMAGE')).toMatchObject({ userErrors: [{ code: 'QUANTITY_BELOW_RESERVED' }] });
  const moved = await t.mutate<Answer>(
    'adjustInventoryQuantities',
    {
      ...{ idempotencyKey: t.parts.newId(), reason: 'Move', type: 'TRANSFER' },
      changes: [
        { variantId: a, warehouseId: home, delta: -2 },
        { variantId: a, warehouseId: away, delta: 2 },
      ],
    },
    'levels { onHand }',
  );
  expect(moved).toMatchObject({ levels: null, userErrors: [{ code: 'QUANTITY_BELOW_RESERVED' }] });
  expect(await statusOf(orderId)).toEqual(['OPEN']);
  expect(await levelsOf(t, a)).toMatchObject({ [home]: [3, 2] });
  expect(await adjust(a, -3, 'DAMAGE')).toMatchObject({ levels: [{ onHand: 0, reserved: 0 }] });
  expect(await statusOf(orderId)).toEqual(['EXPIRED']);
});

test('what a broken order held elsewhere goes to who waits for it', async () => {
  const [a, b] = [await stockVariant(t, { [home]: 2 }), await stockVariant(t, { [home]: 2 })];
  await t.mutate(
    'setBackorderPolicies',
    { policies: [{ variantId: b, policy: 'BACKORDER' }] },
    'policies { waiting }',
  );
  const broken = await reserved(t, { [a]: 1, [b]: 2 });
  const waits = await reserved(t, { [b]: 2 });
  await set(a, 0);
  expect(await statusOf(broken, waits)).toEqual(['EXPIRED', 'OPEN']);
  expect(await eventsOf(t, waits)).toEqual(['BackorderFilled']);
  expect(await levelsOf(t, b)).toEqual({ [home]: [2, 2] });
});

test('counts, orders, payments and cancellations at once leave no more reserved than is there', async () => {
  const a = await stockVariant(t, { [home]: 40 });
  const ids: string[] = [];
  for (let i = 0; i < 10; i += 1) ids.push(await reserved(t, { [a]: 3 }));
  const payload = (orderId: string) => ({ orderId, customerId: orderId, amount: '1', currencyCode: 'EUR' });
  const lines = [{ variantId: a, productId: a, quantity: 3 }];
  const answers = await Promise.all([
    set(a, 25),
    set(a, 12),
    ...ids.slice(0, 3).map((id) => deliver(t, 'OrderPaid', id, 2, { ...payload(id), lines })),
    ...ids
      .slice(3, 5)
      .map((id) => deliver(t, 'OrderCancelled', id, 2, { orderId: id, customerId: id, reason: 'test' })),
    ...Array.from({ length: 6 }, () => reserve(t, reserveInput(t, { [a]: 1 }))),
  ]);
  expect(answers).toHaveLength(13);
  const states = await statusOf(...ids.slice(0, 3));
  // Who paid is sold to, or refunded since all was gone; never neither.
  for (const [i, state] of states.entries()) {
    const told = await eventsOf(t, ids[i] ?? '');
    expect(state === 'COMMITTED' || told.includes('StockCommitFailed')).toBe(true);
  }
});

test('a reservation made while the count looked is broken first, as the newest', async () => {
  const a = await stockVariant(t, { [home]: 4 });
  const first = await reserved(t, { [a]: 2 });
  const late = reserveInput(t, { [a]: 2 });
  let counted: Promise<Answer> | undefined;
  await transact(t.context(), async (inner) => {
    await decideReservations(inner, [
      { ...late, holdUntil: new Date(late.holdUntil), destination: null, correlationId: 'test' },
    ]);
    counted = set(a, 2);
    // It has looked when it waits for the levels.
    await eventually(async () => {
      const [row] = await t.db.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      return (row?.n ?? 0) > 0;
    });
  });
  expect(await counted).toMatchObject({ levels: [{ onHand: 2, reserved: 2 }] });
  expect(await statusOf(first, late.orderId)).toEqual(['OPEN', 'EXPIRED']);
});

test('breaking many reservations costs as many statements as breaking one', async () => {
  const cost = async (orders: number): Promise<number> => {
    const a = await stockVariant(t, { [home]: orders });
    for (let i = 0; i < orders; i += 1) await reserved(t, { [a]: 1 });
    const stop = recordStatements();
    await set(a, 0);
    return stop().length;
  };
  expect(await cost(12)).toBe(await cost(1));
});
