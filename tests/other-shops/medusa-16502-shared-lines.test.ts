/**
 * medusa#16502: of two lines of one cart that take the same article from stock each was compared with all that there is, so
 * that both were reserved and less than nothing was left. It took one buyer and no race: a bundle, or a line twice.
 *
 * medusa PR#11403: the same two lines also made a list of locks with one lock twice in it, which waited for itself; carts
 * with the same articles in another order waited for each other.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../subgraphs/shared/db.js';
import { transact } from '../../subgraphs/shared/transaction.js';
import {
  createInventoryTest,
  createSecondProcess,
  createWarehouse,
  deliver,
  discrepancies,
  levelsOf,
  orders,
  reserve,
  reserved,
  reserveInput,
  stockVariant,
  type InventoryTest,
} from '../../subgraphs/inventory/tests/inventory-test.js';
import { times } from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let t: InventoryTest;
let other: InventoryTest;
let home: string;
beforeAll(async () => {
  t = await createInventoryTest();
  other = await createSecondProcess(t);
  home = await createWarehouse(t);
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(async () => {
  await other.close();
  await t.close();
});

const order = (...lines: [variantId: string, quantity: number][]) =>
  reserveInput(t, {}, { lines: lines.map(([variantId, quantity]) => ({ variantId, quantity })) });

test('two lines of one article are compared with the stock together, however many ask at once', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const b = await stockVariant(t, { [home]: 100 });
  const answers = await times(20, (i) => reserve(i % 2 ? t : other, order([a, 5], [b, 1], [a, 5])));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill('INSUFFICIENT'));
  expect(answers[0]?.shortages).toEqual([{ variantId: a, requested: 10, available: 9 }]);
  expect([await levelsOf(t, a), await levelsOf(t, b)]).toEqual([{ [home]: [9, 0] }, { [home]: [100, 0] }]);
  const fitting = await times(8, (i) => reserve(i % 2 ? t : other, order([a, 2], [b, 1], [a, 1])));
  expect(fitting.filter(({ status }) => status === 'RESERVED')).toHaveLength(3);
  expect([await levelsOf(t, a), await levelsOf(t, b)]).toEqual([{ [home]: [9, 9] }, { [home]: [100, 3] }]);
});

/** Until some transaction waits for a lock of another. */
async function untilBlocked(): Promise<void> {
  await eventually(async () => {
    const [row] = await t.db.$queryRaw<{ n: number }[]>`
      SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    return (row?.n ?? 0) > 0;
  });
}

test('PR#11403: whoever moves the stock of several articles takes them in the same order', async () => {
  const [first = '', last = ''] = [t.parts.newId(), t.parts.newId()].sort();
  // So they lie in the table the other way round.
  for (const id of [last, first]) await stockVariant(t, { [home]: 50 }, id);
  const held = await reserved(t, { [first]: 1, [last]: 1 });
  const cancelled = await reserved(t, { [first]: 1, [last]: 1 });
  const changes = [last, first].map((variantId) => ({ variantId, warehouseId: home, delta: 1 }));
  const keyed = { idempotencyKey: randomUUID(), reason: 'Delivery' };
  const movers: Record<string, () => Promise<unknown>> = {
    reserve: () => reserve(other, order([last, 1], [first, 1], [last, 1])),
    adjust: () => t.mutate('adjustInventoryQuantities', { ...keyed, type: 'PURCHASE', changes }, ''),
    release: () => t.mutate('releaseStock', { orderId: held }, 'released', orders()),
    cancel: () =>
      deliver(t, 'OrderCancelled', cancelled, 2, {
        ...{ orderId: cancelled, customerId: t.parts.newId(), reason: 'CUSTOMER' },
      }),
  };
  for (const [name, mover] of Object.entries(movers)) {
    let moved: Promise<unknown> = Promise.resolve();
    await transact(t.context(), async ({ db }) => {
      await db.$queryRaw`SELECT 1 FROM stock_level WHERE variant_id = ${first}::uuid FOR UPDATE`;
      moved = mover();
      await untilBlocked();
      // It waits for the first and has not touched the last.
      const [free] = await t.db.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM (
          SELECT FROM stock_level WHERE variant_id = ${last}::uuid FOR UPDATE SKIP LOCKED) l`;
      expect([name, free?.n]).toEqual([name, 1]);
    });
    await moved;
  }
  const left = { [home]: [50 + 1, 2] };
  expect(await levelsOf(t, last)).toEqual(left);
  expect(await levelsOf(t, first)).toEqual({ [home]: [50 + 1, 1] });
});

test('PR#11403: lines in any order, twice over, and corrections in between never wait for each other for good', async () => {
  const [a, b, c] = await times(3, () => stockVariant(t, { [home]: 1_000 }));
  if (!a || !b || !c) throw new Error('There are three variants.');
  const asked = [
    () => order([a, 1], [b, 1], [a, 1]),
    () => order([b, 1], [a, 1], [b, 1]),
    () => order([c, 1], [b, 1], [a, 1]),
    () => order([a, 1], [c, 1], [b, 1], [c, 1]),
  ];
  const correct = (variantIds: string[]) =>
    t.mutate(
      'adjustInventoryQuantities',
      {
        ...{ idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Delivery' },
        changes: variantIds.map((variantId) => ({ variantId, warehouseId: home, delta: 1 })),
      },
      '',
    );
  const stop = recordStatements();
  const [answers] = await Promise.all([
    times(120, (i) => reserve(i % 2 ? t : other, asked[i % asked.length]?.() ?? order([a, 1]))),
    times(20, (i) => correct(i % 2 ? [c, b, a] : [a, b, c])),
  ]);
  // What a deadlock undoes is rolled back and run again: none was.
  expect(stop().filter((one) => one === 'ROLLBACK')).toEqual([]);
  expect(answers.map(({ status }) => status)).toEqual(Array(120).fill('RESERVED'));
  const reserved = { a: 30 * (2 + 1 + 1 + 1), b: 30 * (1 + 2 + 1 + 1), c: 30 * (0 + 0 + 1 + 2) };
  expect([await levelsOf(t, a), await levelsOf(t, b), await levelsOf(t, c)]).toEqual([
    { [home]: [1_020, reserved.a] },
    { [home]: [1_020, reserved.b] },
    { [home]: [1_020, reserved.c] },
  ]);
});
