import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { transact } from '../../shared/transaction.js';
import { countryPoints } from '../allocation/countries.js';
import {
  afterTaking,
  allocate,
  nearness,
  strategies,
  type FreeLevel,
  type OrderLine,
} from '../allocation/rules.js';
import { sumLines } from '../reservation/rules.js';
import { commitReservations } from '../reservation/commit.js';
import { decideReservations, releaseStock } from '../reservation/service.js';
import {
  createInventoryTest,
  createSecondProcess,
  createWarehouse,
  eventsOf,
  levelsOf,
  reserve,
  reserveInput,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: InventoryTest;
beforeAll(async () => {
  t = await createInventoryTest();
});
afterAll(() => t.close());

const requestOf = (lines: readonly OrderLine[]) => ({
  orderId: t.parts.newId(),
  customerId: t.parts.newId(),
  holdUntil: t.parts.clock(),
  lines: sumLines(lines),
  destination: null,
  correlationId: 'test',
});

test('the database has the points of the countries that the rules have', async () => {
  const rows = await t.db.countryPosition.findMany();
  const points = Object.fromEntries(rows.map(({ country, x, y, z }) => [country, [x, y, z]]));
  expect(points).toEqual(Object.fromEntries(countryPoints));
  expect(countryPoints.size).toBe(250);
});

test('the database decides a batch as the rules decide its orders one after the other', async () => {
  const codes = ['20457', '20099', '80331'];
  const countries = ['DE', 'PL', 'AT'];
  const warehouses: string[] = [];
  for (const [i, postalCode] of codes.entries())
    warehouses.push(
      await createWarehouse(t, {
        address: { line1: 'Kai 1', city: 'Hafen', postalCode, country: countries[i] },
      }),
    );
  const line = fc.record({ variant: fc.nat({ max: 3 }), quantity: fc.integer({ min: 1, max: 4 }) });
  const cases = fc.record({
    /** Pieces of variant i in warehouse j; variant 3 was never in stock. */
    stock: fc.array(fc.array(fc.nat({ max: 8 }), { minLength: 3, maxLength: 3 }), {
      minLength: 3,
      maxLength: 3,
    }),
    /** How many may wait of variant i; null: the shop has said nothing. */
    rooms: fc.array(fc.option(fc.nat({ max: 6 })), { minLength: 4, maxLength: 4 }),
    strategy: fc.constantFrom(...strategies),
    maxOpen: fc.option(fc.integer({ min: 1, max: 3 })),
    orders: fc.array(
      fc.record({
        customer: fc.nat({ max: 2 }),
        lines: fc.array(line, { minLength: 1, maxLength: 5 }),
        destination: fc.option(
          fc.record({
            country: fc.constantFrom('DE', 'AT', 'FR', 'US', 'ZZ'),
            postalCode: fc.option(fc.constantFrom('20457', '20146', '81', 'X')),
          }),
        ),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  });
  const seen = { RESERVED: 0, waiting: 0, INSUFFICIENT: 0, CAPPED: 0 };
  await fc.assert(
    fc.asyncProperty(cases, async ({ stock, rooms: given, strategy, maxOpen, orders }) => {
      const variants = [0, 1, 2, 3].map(() => t.parts.newId());
      const customers = [0, 1, 2].map(() => t.parts.newId());
      const levels: FreeLevel[] = stock.flatMap((pieces, i) =>
        pieces.map((available, j) => ({
          variantId: variants[i] ?? '',
          warehouseId: warehouses[j] ?? '',
          available,
        })),
      );
      await t.db.stockLevel.createMany({
        data: levels.map(({ available, ...key }) => ({ ...key, onHand: available, reserved: 0 })),
      });
      const limits = new Map(
        given.flatMap((room, i) => (room === null ? [] : [[variants[i] ?? '', room] as const])),
      );
      await t.db.backorderPolicy.createMany({
        data: [...limits].map(([variantId, maxWaiting]) => ({
          ...{ variantId, policy: 'BACKORDER', maxWaiting, updatedAt: t.parts.clock() },
        })),
      });
      const requests = orders.map(({ lines, customer, destination }) => ({
        ...requestOf(
          lines.map(({ variant, quantity }) => ({ variantId: variants[variant] ?? '', quantity })),
        ),
        customerId: customers[customer] ?? '',
        destination,
      }));
      const ctx = t.context();
      const stockConfig = { ...ctx.config.stock, allocation: strategy, openReservations: maxOpen };
      const decisions = await decideReservations(
        { ...ctx, config: { ...ctx.config, stock: stockConfig } },
        requests,
      );

      let free = levels;
      const rooms = new Map(limits);
      const open = new Map<string, number>();
      for (const [i, request] of requests.entries()) {
        const { customerId, destination } = request;
        const lines = await t.db.reservationLine.findMany({
          where: { orderId: request.orderId },
          select: { variantId: true, warehouseId: true, quantity: true },
        });
        const waiting = await t.db.backorder.findMany({
          where: { orderId: request.orderId },
          select: { variantId: true, quantity: true },
          orderBy: { variantId: 'asc' },
        });
        if (maxOpen !== null && (open.get(customerId) ?? 0) >= maxOpen) {
          expect(decisions[i]).toEqual({ status: 'CAPPED' });
          expect([lines, waiting]).toEqual([[], []]);
          expect(await t.db.reservation.count({ where: { orderId: request.orderId } })).toBe(0);
          seen.CAPPED += 1;
          continue;
        }
        const nearnessOf = (warehouseId: string): number => {
          const at = warehouses.indexOf(warehouseId);
          const place = { country: countries[at] ?? '', postalCode: codes[at] ?? '' };
          return destination ? nearness(place, destination) : 0;
        };
        const expected = allocate(free, request.lines, { strategy, rooms, nearnessOf });
        if ('shortages' in expected) {
          expect(decisions[i]).toEqual({ status: 'INSUFFICIENT', shortages: expected.shortages });
          expect([lines, waiting]).toEqual([[], []]);
          seen.INSUFFICIENT += 1;
        } else {
          const { allocated, backordered } = expected;
          expect(decisions[i]).toEqual({
            status: 'RESERVED',
            backordered: backordered.map((one) => ({ ...one, expectedAt: null })),
          });
          expect(waiting).toEqual(backordered);
          const sorted = (some: typeof lines) =>
            some.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
          expect(sorted(lines)).toEqual(sorted(allocated));
          free = afterTaking(free, allocated);
          for (const one of backordered)
            rooms.set(one.variantId, (rooms.get(one.variantId) ?? 0) - one.quantity);
          open.set(customerId, (open.get(customerId) ?? 0) + 1);
          seen.RESERVED += 1;
          if (backordered.length > 0) seen.waiting += 1;
        }
      }
      const after = await t.db.stockLevel.findMany({ where: { variantId: { in: variants } } });
      for (const level of after) {
        const left = free.find(
          (one) => one.variantId === level.variantId && one.warehouseId === level.warehouseId,
        );
        expect(level.onHand - level.reserved).toBe(left?.available);
      }
      for (const policy of await t.db.backorderPolicy.findMany({ where: { variantId: { in: variants } } }))
        expect((policy.maxWaiting ?? 0) - policy.waiting).toBe(rooms.get(policy.variantId));
    }),
    { numRuns: 80 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
});

test('one order at fault does not hold up those in its batch', async () => {
  const home = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 5 });
  const good = Array.from({ length: 3 }, () => reserveInput(t, { [a]: 1 }));
  // No date of the database's: the whole batch fails with it.
  const bad = reserveInput(t, { [a]: 1 }, { holdUntil: '+275000-01-01T00:00:00.000Z' });
  const first = reserve(t, reserveInput(t, { [a]: 1 }));
  const lane = t.context().lane;
  const asked = (input: typeof bad) =>
    lane
      .decide({ ...input, holdUntil: new Date(input.holdUntil), destination: null, correlationId: 'test' })
      .then(
        (decision) => decision.status,
        () => 'failed',
      );
  const answers = await Promise.all([asked(good[0]!), asked(bad), asked(good[1]!), asked(good[2]!)]);
  expect(answers).toEqual(['RESERVED', 'failed', 'RESERVED', 'RESERVED']);
  await first;
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 4] });
});

test('two processes that sell one article at once sell it exactly, and agree on every event', async () => {
  const home = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 30 });
  const other = await createSecondProcess(t);
  try {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => reserve(i % 2 ? t : other, reserveInput(t, { [a]: 1 }))),
    );
    expect(answers.filter((answer) => answer.status === 'RESERVED')).toHaveLength(30);
    expect(await levelsOf(t, a)).toEqual({ [home]: [30, 30] });
    const steps = (await eventsOf(t, a)).filter((one) => one.includes('->')).map((one) => one.split(' -> '));
    // Each change begins where the one before it ended.
    expect(steps.slice(1).map(([from]) => from)).toEqual(steps.slice(0, -1).map(([, to]) => to));
    expect((await eventsOf(t, a)).filter((one) => one === 'OutOfStock')).toHaveLength(1);
  } finally {
    await other.close();
  }
});

test('rows are locked in one order, whatever order they lie in', async () => {
  const home = await createWarehouse(t);
  const [first = '', last = ''] = [t.parts.newId(), t.parts.newId()].sort();
  // So they lie the other way round.
  await stockVariant(t, { [home]: 5 }, last);
  await stockVariant(t, { [home]: 5 }, first);
  let asked: Promise<unknown> = Promise.resolve();
  await transact(t.context(), async ({ db }) => {
    await db.$queryRaw`SELECT 1 FROM stock_level WHERE variant_id = ${first}::uuid FOR UPDATE`;
    asked = decideReservations(t.context(), [
      requestOf([
        { variantId: first, quantity: 1 },
        { variantId: last, quantity: 1 },
      ]),
    ]);
    await untilBlocked(t);
    // It waits for the first and has not touched the last.
    await t.db.$queryRaw`SELECT 1 FROM stock_level WHERE variant_id = ${last}::uuid FOR UPDATE NOWAIT`;
  });
  expect(await asked).toEqual([{ status: 'RESERVED', backordered: [] }]);
});

test('a decision stands on what others have committed, not on what was there when it began', async () => {
  const home = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 5 });
  const held = reserveInput(t, { [a]: 1 });
  await reserve(t, held);
  let asked: Promise<unknown> = Promise.resolve();
  await transact(t.context(), async (ctx) => {
    await decideReservations(ctx, [requestOf([{ variantId: a, quantity: 3 }])]);
    asked = decideReservations(t.context(), [requestOf([{ variantId: a, quantity: 2 }])]);
    await untilBlocked(t);
  });
  expect(await asked).toEqual([
    { status: 'INSUFFICIENT', shortages: [{ variantId: a, requested: 2, available: 1 }] },
  ]);
  let freed: Promise<unknown> = Promise.resolve();
  await transact(t.context(), async (ctx) => {
    await decideReservations(ctx, [requestOf([{ variantId: a, quantity: 1 }])]);
    freed = releaseStock(t.context(), held);
    await untilBlocked(t);
  });
  expect(await freed).toMatchObject({ released: true });
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 4', '4 -> 1', '1 -> 0', 'OutOfStock', '0 -> 1']);
});

test('an order that is paid while its request is still being decided is sold', async () => {
  const home = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 5 });
  const request = requestOf([{ variantId: a, quantity: 2 }]);
  const { orderId, lines } = request;
  let paid: Promise<unknown> = Promise.resolve();
  await transact(t.context(), async (ctx) => {
    await decideReservations(ctx, [request]);
    paid = commitReservations(t.context(), [{ orderId, aggregateSeq: 2, lines }]);
    await untilBlocked(t);
  });
  await paid;
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
  expect(await t.db.reservation.findUnique({ where: { orderId } })).toMatchObject({ status: 'COMMITTED' });
});

test('a row that is held too long means "try again", and nothing is decided', async () => {
  const home = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 5 });
  const input = reserveInput(t, { [a]: 1 });
  await transact(t.context(), async ({ db }) => {
    await db.$queryRaw`SELECT 1 FROM stock_level WHERE variant_id = ${a}::uuid FOR UPDATE`;
    await expect(reserve(t, input)).rejects.toMatchObject({ extensions: { code: 'RETRY_LATER' } });
  });
  expect(await t.db.reservation.count({ where: { orderId: input.orderId } })).toBe(0);
  expect(await reserve(t, input)).toMatchObject({ status: 'RESERVED' });
});

/** Until some transaction waits for a lock of another. */
async function untilBlocked(on: InventoryTest): Promise<void> {
  await eventually(async () => {
    const [row] = await on.db.$queryRaw<{ n: number }[]>`
      SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    return (row?.n ?? 0) > 0;
  });
}
