import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import {
  createInventoryTest,
  createWarehouse,
  discrepancies,
  eventsOf,
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

test('an order reserves all of its lines', async () => {
  const [a, b] = [await stockVariant(t, { [home]: 5 }), await stockVariant(t, { [home]: 1 })];
  expect(await reserve(t, reserveInput(t, { [a]: 2, [b]: 1 }))).toEqual({
    status: 'RESERVED',
    shortages: [],
    userErrors: [],
  });
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 2] });
  expect(await levelsOf(t, b)).toEqual({ [home]: [1, 1] });
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 3']);
  expect(await eventsOf(t, b)).toEqual(['0 -> 1', '1 -> 0', 'OutOfStock']);
});

test('an order that can have only some of its lines reserves nothing, and is told what is short', async () => {
  const [a, b] = [await stockVariant(t, { [home]: 5 }), await stockVariant(t, { [home]: 1 })];
  const unknown = t.parts.newId();
  const answer = await reserve(t, reserveInput(t, { [a]: 5, [b]: 2, [unknown]: 1 }));
  expect(answer.status).toBe('INSUFFICIENT');
  expect(answer.shortages.sort((x, y) => x.requested - y.requested)).toEqual([
    { variantId: unknown, requested: 1, available: 0 },
    { variantId: b, requested: 2, available: 1 },
  ]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 0] });
  expect(await eventsOf(t, a)).toEqual(['0 -> 5']);
});

test('two lines of one variant count together', async () => {
  const a = await stockVariant(t, { [home]: 3 });
  const line = { variantId: a, quantity: 2 };
  const answer = await reserve(t, reserveInput(t, {}, { lines: [line, line] }));
  expect(answer).toMatchObject({
    status: 'INSUFFICIENT',
    shortages: [{ variantId: a, requested: 4, available: 3 }],
  });
  const one = { variantId: a, quantity: 1 };
  expect(await reserve(t, reserveInput(t, {}, { lines: [one, line] }))).toMatchObject({ status: 'RESERVED' });
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 3] });
});

test('the same order gets the same answer, whatever has happened to the stock since', async () => {
  const a = await stockVariant(t, { [home]: 3 });
  const first = reserveInput(t, { [a]: 2 });
  const second = reserveInput(t, { [a]: 2 });
  expect(await reserve(t, first)).toMatchObject({ status: 'RESERVED' });
  const refused = await reserve(t, second);
  expect(refused).toMatchObject({ status: 'INSUFFICIENT', shortages: [{ available: 1 }] });
  await stockVariant(t, { [home]: 10 }, a);
  expect(await reserve(t, first)).toMatchObject({ status: 'RESERVED' });
  expect(await reserve(t, second)).toEqual(refused);
  expect(await levelsOf(t, a)).toEqual({ [home]: [10, 2] });
});

test('twins that arrive at once reserve once', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const input = reserveInput(t, { [a]: 4 });
  const answers = await Promise.all([1, 2, 3].map(() => reserve(t, input)));
  expect(answers.map((answer) => answer.status)).toEqual(['RESERVED', 'RESERVED', 'RESERVED']);
  expect(await levelsOf(t, a)).toEqual({ [home]: [9, 4] });
});

test('an order that asks for other lines than before is refused', async () => {
  const a = await stockVariant(t, { [home]: 9 });
  const input = reserveInput(t, { [a]: 4 });
  await reserve(t, input);
  const other = await reserve(t, { ...input, lines: [{ variantId: a, quantity: 5 }] });
  expect(other).toMatchObject({ status: null, shortages: [], userErrors: [{ code: 'RESERVED_OTHERWISE' }] });
  expect(await levelsOf(t, a)).toEqual({ [home]: [9, 4] });
});

test('one warehouse that has everything is taken before several', async () => {
  const [big, small] = [await createWarehouse(t), await createWarehouse(t)];
  const a = await stockVariant(t, { [big]: 9, [small]: 3 });
  const b = await stockVariant(t, { [big]: 1, [small]: 2 });
  await reserved(t, { [a]: 3, [b]: 2 });
  expect([await levelsOf(t, a), await levelsOf(t, b)]).toEqual([
    { [big]: [9, 0], [small]: [3, 3] },
    { [big]: [1, 0], [small]: [2, 2] },
  ]);
  await reserved(t, { [a]: 8, [b]: 1 });
  expect(await levelsOf(t, a)).toEqual({ [big]: [9, 8], [small]: [3, 3] });
});

test('where none has everything, most comes from where most is', async () => {
  const [big, small] = [await createWarehouse(t), await createWarehouse(t)];
  const a = await stockVariant(t, { [small]: 3, [big]: 4 });
  await reserved(t, { [a]: 6 });
  expect(await levelsOf(t, a)).toEqual({ [big]: [4, 4], [small]: [3, 2] });
});

test('stock of an inactive warehouse is not sold', async () => {
  const closed = await createWarehouse(t, { status: 'INACTIVE' });
  const a = await stockVariant(t, { [closed]: 9, [home]: 1 });
  expect(await reserve(t, reserveInput(t, { [a]: 2 }))).toMatchObject({
    status: 'INSUFFICIENT',
    shortages: [{ available: 1 }],
  });
  expect(await levelsOf(t, a)).toEqual({ [home]: [1, 0], [closed]: [9, 0] });
});

test('fifty orders at once for the last ten pieces get exactly ten, with one event per batch and not per order', async () => {
  const a = await stockVariant(t, { [home]: 10 });
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => reserve(t, reserveInput(t, { [a]: 1 }))),
  );
  expect(answers.filter((answer) => answer.status === 'RESERVED')).toHaveLength(10);
  expect(answers.filter((answer) => answer.status === 'INSUFFICIENT')).toHaveLength(40);
  expect(await levelsOf(t, a)).toEqual({ [home]: [10, 10] });
  // The first request found the lane idle and was decided alone, the others waited for it and were decided together.
  expect(await eventsOf(t, a)).toEqual(['0 -> 10', '10 -> 9', '9 -> 0', 'OutOfStock']);
});

test('one order costs two statements: the decision, and what follows from it', async () => {
  const a = await stockVariant(t, { [home]: 10 });
  const input = reserveInput(t, { [a]: 1 });
  const stop = recordStatements();
  await reserve(t, input);
  const statements = stop().filter((one) => !/^(BEGIN|COMMIT)/.test(one));
  expect(statements.map((one) => one.match(/reserve_batch|INTO outbox|INTO inbox/g))).toEqual([
    ['reserve_batch'],
    ['INTO outbox', 'INTO inbox'],
  ]);
});

test('the database itself refuses to oversell', async () => {
  const a = await stockVariant(t, { [home]: 1 });
  await expect(
    t.db.$executeRaw`UPDATE stock_level SET reserved = 2 WHERE variant_id = ${a}::uuid`,
  ).rejects.toThrow('stock_level_never_oversold');
  await expect(
    t.db.$executeRaw`UPDATE stock_level SET reserved = -1 WHERE variant_id = ${a}::uuid`,
  ).rejects.toThrow('stock_level_never_oversold');
});

test('malformed requests are refused', async () => {
  const a = await stockVariant(t, { [home]: 1 });
  const code = (input: object) =>
    t.refusal(
      'mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { status } }',
      { input },
      orders(),
    );
  expect(await code(reserveInput(t, {}))).toBe('BAD_USER_INPUT');
  expect(await code(reserveInput(t, { [a]: 0 }))).toBe('BAD_USER_INPUT');
  expect(await code(reserveInput(t, { 'no-id': 1 }))).toBe('BAD_USER_INPUT');
  expect(await code(reserveInput(t, { [a]: 1 }, { orderId: 'no-id' }))).toBe('BAD_USER_INPUT');
  expect(await levelsOf(t, a)).toEqual({ [home]: [1, 0] });
});

test('only other services may reserve, release and extend', async () => {
  const a = await stockVariant(t, { [home]: 1 });
  const input = reserveInput(t, { [a]: 1 });
  const ask = (field: string, type: string, given: object) =>
    t.refusal(
      `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`,
      { input: given },
      guestCaller(),
    );
  const { orderId, holdUntil } = input;
  expect(await ask('reserveStock', 'ReserveStockInput', input)).toBe('FORBIDDEN');
  expect(await ask('releaseStock', 'ReleaseStockInput', { orderId })).toBe('FORBIDDEN');
  expect(await ask('extendReservation', 'ExtendReservationInput', { orderId, holdUntil })).toBe('FORBIDDEN');
  expect(await t.db.reservation.count({ where: { orderId } })).toBe(0);
});

test('what staff place for customers counts for no cap, and leaves theirs free', async () => {
  const capped = await createInventoryTest({ STOCK_OPEN_RESERVATIONS: '1' });
  try {
    const place = await createWarehouse(capped);
    const a = await stockVariant(capped, { [place]: 9 });
    const customerId = capped.parts.newId();
    const ask = async (whose: string | null): Promise<string | undefined> => {
      const { status, userErrors } = await reserve(
        capped,
        reserveInput(capped, { [a]: 1 }, { customerId: whose }),
      );
      return status ?? userErrors[0]?.code;
    };
    expect([await ask(null), await ask(null)]).toEqual(['RESERVED', 'RESERVED']);
    expect([await ask(customerId), await ask(customerId)]).toEqual(['RESERVED', 'TOO_MANY_RESERVATIONS']);
    expect(await ask(null)).toBe('RESERVED');
    expect(await levelsOf(capped, a)).toEqual({ [place]: [9, 4] });
  } finally {
    await capped.close();
  }
});
