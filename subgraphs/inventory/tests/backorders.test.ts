import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import {
  createInventoryTest,
  createSecondProcess,
  createWarehouse,
  deliver,
  discrepancies,
  eventsOf,
  fireTimers,
  ledgerOf,
  levelsOf,
  orders,
  reserved,
  reserveInput,
  stockVariant,
  type InventoryTest,
  type UserErrorShape,
} from './inventory-test.js';

let t: InventoryTest;
let home: string;
beforeAll(async () => {
  t = await createInventoryTest();
  home = await createWarehouse(t);
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(() => t.close());

interface Answer {
  status: string | null;
  backordered: { variantId: string; quantity: number; expectedAt: string | null }[];
  shortages: { variantId: string; requested: number; available: number }[];
  userErrors: UserErrorShape[];
}

const reserve = (input: object, on: InventoryTest = t) =>
  on.mutate<Answer>(
    'reserveStock',
    input,
    'status backordered { variantId quantity expectedAt } shortages { variantId requested available }',
    orders(),
  );

const expectedAt = '2027-03-01T00:00:00.000Z';
const allow = (variantId: string, changes: object = {}) =>
  t.mutate<{ policies: { policy: string; waiting: number }[] | null }>(
    'setBackorderPolicies',
    { policies: [{ variantId, policy: 'BACKORDER', expectedAt, ...changes }] },
    'policies { policy waiting }',
  );

/** A variant with so many pieces that may be ordered beyond them. */
async function backorderable(pieces: number, changes: object = {}): Promise<string> {
  const variantId = await stockVariant(t, { [home]: pieces });
  await allow(variantId, changes);
  return variantId;
}

const come = (variantId: string, delta: number, type = 'PURCHASE') =>
  t.mutate(
    'adjustInventoryQuantities',
    {
      idempotencyKey: t.parts.newId(),
      reason: 'Delivery',
      type,
      changes: [{ variantId, warehouseId: home, delta }],
    },
    'levels { onHand }',
  );

/** `[waiting, filled, ended]` of the order's backorder. */
async function waitOf(orderId: string): Promise<number[][]> {
  const rows = await t.db.backorder.findMany({ where: { orderId }, orderBy: { variantId: 'asc' } });
  return rows.map((row) => [row.quantity - row.filled - row.ended, row.filled, row.ended]);
}
const waitingOf = async (variantId: string): Promise<number | undefined> =>
  (await t.db.backorderPolicy.findUnique({ where: { variantId } }))?.waiting;

type Lines = Record<string, number>;
const linesOf = (lines: Lines) =>
  Object.entries(lines).map(([variantId, quantity]) => ({ variantId, quantity, productId: variantId }));
const paid = (orderId: string, seq: number, lines: Lines, eventId?: string) =>
  deliver(
    t,
    'OrderPaid',
    orderId,
    seq,
    { orderId, customerId: orderId, amount: '1', currencyCode: 'EUR', lines: linesOf(lines) },
    eventId,
  );
const cancelled = (orderId: string, seq: number, eventId?: string) =>
  deliver(t, 'OrderCancelled', orderId, seq, { orderId, customerId: orderId, reason: 'test' }, eventId);
const linesCancelled = (orderId: string, seq: number, lines: Lines, eventId?: string) =>
  deliver(t, 'OrderLinesCancelled', orderId, seq, { orderId, lines: linesOf(lines) }, eventId);

test('what is short of stock waits, up to the limit, and the same order gets the same answer', async () => {
  const a = await backorderable(2, { maxWaiting: 4 });
  const input = reserveInput(t, { [a]: 5 });
  const answer = await reserve(input);
  expect(answer).toEqual({
    status: 'RESERVED',
    backordered: [{ variantId: a, quantity: 3, expectedAt }],
    shortages: [],
    userErrors: [],
  });
  expect(await reserve(input)).toEqual(answer);
  // Never in `reserved`: of what is there two are, and three wait.
  expect(await levelsOf(t, a)).toEqual({ [home]: [2, 2] });
  expect(await waitingOf(a)).toBe(3);
  expect(await reserve(reserveInput(t, { [a]: 2 }))).toMatchObject({
    status: 'INSUFFICIENT',
    backordered: [],
    shortages: [{ variantId: a, requested: 2, available: 1 }],
  });
  expect(await reserve(reserveInput(t, { [a]: 1 }))).toMatchObject({ status: 'RESERVED' });
  expect(await waitingOf(a)).toBe(4);
});

test('an order with a line that may not wait waits for nothing', async () => {
  const [a, b] = [await backorderable(0), await stockVariant(t, { [home]: 1 })];
  const input = reserveInput(t, { [a]: 2, [b]: 2 });
  expect(await reserve(input)).toMatchObject({ status: 'INSUFFICIENT', shortages: [{ variantId: b }] });
  expect([await waitOf(input.orderId), await waitingOf(a), await levelsOf(t, b)]).toEqual([
    [],
    0,
    { [home]: [1, 0] },
  ]);
});

test('a variant that was never in stock can be preordered', async () => {
  const a = t.parts.newId();
  await allow(a, { policy: 'PREORDER' });
  const query = `query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on ProductVariant {
    availability { status quantity expectedAt } } } }`;
  const seen = async () =>
    (
      await t.call<{ _entities: { availability: unknown }[] }>(
        query,
        { ids: [{ __typename: 'ProductVariant', id: a }] },
        anonymousCaller(),
      )
    )._entities[0]?.availability;
  expect(await seen()).toEqual({ status: 'PREORDER', quantity: 0, expectedAt });
  const input = reserveInput(t, { [a]: 2 });
  expect(await reserve(input)).toMatchObject({ backordered: [{ quantity: 2 }] });
  await come(a, 3);
  expect(await seen()).toEqual({ status: 'IN_STOCK', quantity: null, expectedAt: null });
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 2] });
  expect(await eventsOf(t, input.orderId)).toEqual(['BackorderFilled']);
});

test('other services are told what can be ordered beyond the stock too, shoppers how', async () => {
  const [some, any, none] = [
    await backorderable(1, { maxWaiting: 2 }),
    await backorderable(0),
    await backorderable(1, { policy: 'DENY' }),
  ];
  const { availableQuantities } = await t.call<{ availableQuantities: { quantity: number }[] }>(
    'query ($ids: [ID!]!) { availableQuantities(variantIds: $ids) { quantity } }',
    { ids: [some, any, none] },
    orders(),
  );
  expect(availableQuantities.map((one) => one.quantity)).toEqual([3, 1_000_000, 1]);
  // The last piece that may wait is told: nothing can be ordered any more.
  await reserve(reserveInput(t, { [some]: 3 }));
  expect(await eventsOf(t, some)).toEqual(['0 -> 1', '1 -> 1', '1 -> 0', 'OutOfStock']);
});

test('stock that comes goes to who waits, the oldest first, in the same transaction', async () => {
  const a = await backorderable(0);
  const [first, second, third] = [
    reserveInput(t, { [a]: 3 }),
    reserveInput(t, { [a]: 2 }),
    reserveInput(t, { [a]: 1 }),
  ];
  for (const input of [first, second, third]) await reserve(input);
  await paid(second.orderId, 2, { [a]: 2 });
  await come(a, 4);
  expect(await waitOf(first.orderId)).toEqual([[0, 3, 0]]);
  expect(await waitOf(second.orderId)).toEqual([[1, 1, 0]]);
  expect(await waitOf(third.orderId)).toEqual([[1, 0, 0]]);
  // For who has paid it is sold, for who has not it is reserved.
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 3] });
  expect(await ledgerOf(t, a)).toEqual(['PURCHASE 4', 'SALE -1']);
  // Nothing of it was ever for sale to others.
  expect((await eventsOf(t, a)).slice(-1)).toEqual(['0 -> 0']);
  await come(a, 5);
  expect(await levelsOf(t, a)).toEqual({ [home]: [7, 4] });
  expect((await eventsOf(t, a)).slice(-1)).toEqual(['0 -> 3']);
  expect(await eventsOf(t, second.orderId)).toEqual(['BackorderFilled', 'BackorderFilled']);
  const [told] = await t.db.outboxEvent.findMany({ where: { aggregateId: first.orderId } });
  expect(told?.payload).toEqual({ orderId: first.orderId, lines: [{ variantId: a, quantity: 3 }] });
});

test('a count, a return, and what others give back fill what waits', async () => {
  const a = await backorderable(2);
  const holder = await reserved(t, { [a]: 2 });
  const waits = reserveInput(t, { [a]: 4 });
  await reserve(waits);
  await cancelled(holder, 2);
  expect(await waitOf(waits.orderId)).toEqual([[2, 2, 0]]);
  await stockVariant(t, { [home]: 3 }, a);
  expect(await waitOf(waits.orderId)).toEqual([[1, 3, 0]]);
  await come(a, 1, 'RETURN');
  expect(await waitOf(waits.orderId)).toEqual([[0, 4, 0]]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [4, 4] });
});

test('stock of a warehouse that opens fills what waits', async () => {
  const closed = await createWarehouse(t, { status: 'INACTIVE' });
  const a = await stockVariant(t, { [closed]: 2 });
  await allow(a);
  const input = reserveInput(t, { [a]: 2 });
  await reserve(input);
  expect(await waitOf(input.orderId)).toEqual([[2, 0, 0]]);
  await t.mutate('updateWarehouse', { id: closed, expectedVersion: 1, status: 'ACTIVE' }, '');
  expect(await waitOf(input.orderId)).toEqual([[0, 2, 0]]);
  expect(await levelsOf(t, a)).toEqual({ [closed]: [2, 2] });
});

test('what waits ends with its order, by release, expiry and cancellation, also when that is told twice', async () => {
  const a = await backorderable(0, { maxWaiting: 6 });
  const [released, expired, gone] = [
    reserveInput(t, { [a]: 1 }),
    reserveInput(t, { [a]: 2 }),
    reserveInput(t, { [a]: 3 }),
  ];
  for (const input of [released, expired, gone]) await reserve(input);
  await paid(gone.orderId, 2, { [a]: 3 });
  await t.mutate('releaseStock', { orderId: released.orderId }, 'released', orders());
  expect(await waitingOf(a)).toBe(5);
  t.parts.testClock.advance(16 * 60_000);
  while ((await fireTimers(t)) > 0);
  expect(await eventsOf(t, expired.orderId)).toEqual(['ReservationExpired']);
  expect(await waitOf(expired.orderId)).toEqual([[0, 0, 2]]);
  const eventId = await cancelled(gone.orderId, 3);
  await cancelled(gone.orderId, 3, eventId);
  expect(await waitOf(gone.orderId)).toEqual([[0, 0, 3]]);
  expect(await waitingOf(a)).toBe(0);
  await come(a, 6);
  expect(await levelsOf(t, a)).toEqual({ [home]: [6, 0] });
});

test('cancelled lines are taken from what waits first, once per event', async () => {
  const a = await backorderable(2);
  const input = reserveInput(t, { [a]: 5 });
  await reserve(input);
  const eventId = await linesCancelled(input.orderId, 2, { [a]: 4 });
  await linesCancelled(input.orderId, 2, { [a]: 4 }, eventId);
  expect(await waitOf(input.orderId)).toEqual([[0, 0, 3]]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [2, 1] });
});

test('an order that is paid after its reservation waits anew, as the last', async () => {
  const a = await backorderable(1);
  const late = reserveInput(t, { [a]: 3 });
  await reserve(late);
  await t.mutate('releaseStock', { orderId: late.orderId }, 'released', orders());
  const other = reserveInput(t, { [a]: 2 });
  await reserve(other);
  const eventId = await paid(late.orderId, 2, { [a]: 3 });
  await paid(late.orderId, 2, { [a]: 3 }, eventId);
  expect([await waitOf(late.orderId), await waitOf(other.orderId)]).toEqual([[[3, 0, 0]], [[1, 0, 0]]]);
  expect(await waitingOf(a)).toBe(4);
  await come(a, 2);
  expect([await waitOf(late.orderId), await waitOf(other.orderId)]).toEqual([[[2, 1, 0]], [[0, 1, 0]]]);
  // Orders is told each once: what waited when it was sold, late, and what is left when a piece has come.
  const news = await t.db.outboxEvent.findMany({
    where: { aggregateId: late.orderId, type: { in: ['StockCommittedLate', 'BackorderFilled'] } },
    orderBy: { aggregateSeq: 'asc' },
  });
  expect(news.map(({ payload }) => (payload as { lines: object[] }).lines)).toEqual([
    [{ variantId: a, pieces: 3, waiting: 3, expectedAt }],
    [{ variantId: a, quantity: 1, sold: { pieces: 3, waiting: 2 } }],
  ]);
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 1', 'PURCHASE 2', 'SALE -1']);
});

test('stock that comes while orders expire, are paid and cancelled goes to exactly those that still wait', async () => {
  const other = await createSecondProcess(t);
  try {
    const a = await backorderable(0);
    const inputs = Array.from({ length: 24 }, () => reserveInput(t, { [a]: 2 }));
    for (const input of inputs) await reserve(input);
    t.parts.testClock.advance(16 * 60_000);
    await Promise.all([
      ...inputs.slice(0, 8).map(({ orderId }) => paid(orderId, 2, { [a]: 2 })),
      ...inputs.slice(4, 12).map(({ orderId }) => cancelled(orderId, 3)),
      fireTimers(t),
      fireTimers(other),
      ...[5, 3, 7, 9, 1].map((pieces) => come(a, pieces)),
    ]);
    while ((await fireTimers(t)) > 0);
    const rows = await t.db.backorder.findMany({ where: { variantId: a } });
    const waiting = rows.reduce((sum, row) => sum + row.quantity - row.filled - row.ended, 0);
    expect(await waitingOf(a)).toBe(waiting);
    const [[onHand = 0, held = 0] = []] = Object.values(await levelsOf(t, a));
    // Nobody waits while there is something.
    if (onHand > held) expect(waiting).toBe(0);
    const states = await t.db.reservation.findMany({
      where: { orderId: { in: inputs.map((one) => one.orderId) } },
    });
    expect(states.filter((one) => one.status === 'OPEN')).toEqual([]);
    // Paid and not cancelled: sold or still waiting, every piece.
    for (const { orderId } of inputs.slice(0, 4)) {
      const [row] = await t.db.backorder.findMany({ where: { orderId } });
      const lines = await t.db.reservationLine.findMany({ where: { orderId } });
      const sold = lines.reduce((sum, line) => sum + line.quantity, 0);
      expect(sold + (row ? row.quantity - row.filled - row.ended : 0)).toBe(2);
    }
  } finally {
    await other.close();
  }
});

test('policies are the staff of the stock’s, checked, and written again without harm', async () => {
  const a = await stockVariant(t, { [home]: 0 });
  expect(await allow(a, { maxWaiting: -1 })).toMatchObject({
    policies: null,
    userErrors: [{ code: 'INVALID_INPUT' }],
  });
  expect(await allow('no-id')).toMatchObject({ policies: null, userErrors: [{ code: 'NOT_FOUND' }] });
  expect(await t.db.backorderPolicy.count({ where: { variantId: a } })).toBe(0);
  await allow(a);
  await reserve(reserveInput(t, { [a]: 2 }));
  // What waits goes on waiting.
  expect(await allow(a, { policy: 'DENY' })).toEqual({
    policies: [{ policy: 'DENY', waiting: 2 }],
    userErrors: [],
  });
  expect(await reserve(reserveInput(t, { [a]: 1 }))).toMatchObject({ status: 'INSUFFICIENT' });
  const page = (after: string | null) =>
    t.call<{ backorders: { nodes: unknown[]; pageInfo: { endCursor: string; hasNextPage: boolean } } }>(
      `query ($id: ID!, $after: String) { backorders(variantId: $id, first: 1, after: $after) {
        nodes { quantity paid } pageInfo { endCursor hasNextPage } } }`,
      { id: a, after },
    );
  const first = (await page(null)).backorders;
  expect(first).toMatchObject({ nodes: [{ quantity: 2, paid: false }], pageInfo: { hasNextPage: false } });
  expect((await page(first.pageInfo.endCursor)).backorders.nodes).toEqual([]);
});

test('a policy that is written again as it is tells nobody anything', async () => {
  const a = await stockVariant(t, { [home]: 3 });
  const before = await eventsOf(t, a);
  await allow(a, { policy: 'DENY' });
  expect(await eventsOf(t, a)).toEqual(before);
  await allow(a, { maxWaiting: 4 });
  await allow(a, { maxWaiting: 4 });
  expect(await eventsOf(t, a)).toEqual([...before, '3 -> 3']);
  await allow(a, { maxWaiting: 5 });
  await allow(a, { maxWaiting: 5, expectedAt: '2027-01-01T00:00:00.000Z' });
  expect(await eventsOf(t, a)).toEqual([...before, '3 -> 3', '3 -> 3', '3 -> 3']);
});

test('a batch of orders that wait costs as many statements as one, and a filling as many for many', async () => {
  const a = await backorderable(0);
  const count = async (work: () => Promise<unknown>): Promise<number> => {
    const stop = recordStatements();
    await work();
    return stop().filter((one) => !/^(BEGIN|COMMIT)/.test(one)).length;
  };
  expect(await count(() => reserve(reserveInput(t, { [a]: 2 })))).toBe(2);
  const one = await count(() => come(a, 2));
  await Promise.all(Array.from({ length: 20 }, () => reserve(reserveInput(t, { [a]: 2 }))));
  expect(await count(() => come(a, 40))).toBe(one);
});
