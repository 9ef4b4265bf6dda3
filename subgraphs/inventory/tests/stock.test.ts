import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import {
  createInventoryTest,
  createWarehouse,
  discrepancies,
  eventsOf,
  ledgerOf,
  levelsOf,
  orders,
  reserve,
  reserved,
  reserveInput,
  staff,
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

interface Variant {
  availability: { status: string; quantity: number | null };
  stock: { onHand: number; available: number; warehouse: { code: string }; variant: { id: string } }[];
}
const entities = (fields: string) =>
  `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ProductVariant { ${fields} } } }`;
const represent = (ids: string[]) => ({ of: ids.map((id) => ({ __typename: 'ProductVariant', id })) });
const availabilityOf = async (id: string, caller = anonymousCaller()) => {
  const { _entities } = await t.call<{ _entities: Variant[] }>(
    entities('availability { status quantity }'),
    represent([id]),
    caller,
  );
  return _entities[0]?.availability;
};
/** Who counts and moves goods here: idempotency keys are their owner's. */
const clerk = staff();
const setThresholds = (levels: object[]) =>
  t.mutate<{ levels: { lowStockThreshold: number; reorderPoint: number; reorderQuantity: number }[] | null }>(
    'setStockThresholds',
    { levels },
    'levels { lowStockThreshold reorderPoint reorderQuantity }',
  );
const adjust = (type: string, changes: object[], more: object = {}) =>
  t.mutate<{ levels: { onHand: number }[] | null }>(
    'adjustInventoryQuantities',
    { idempotencyKey: t.parts.newId(), type, reason: 'test', changes, ...more },
    'levels { onHand }',
    clerk,
  );
const count = (quantities: object[], more: object = {}) =>
  t.mutate<{ levels: { onHand: number }[] | null }>(
    'setInventoryQuantities',
    { idempotencyKey: t.parts.newId(), reason: 'test', quantities, ...more },
    'levels { onHand }',
    clerk,
  );

test('everybody sees whether a variant can be bought, and exact numbers when few are left or to staff', async () => {
  const a = await stockVariant(t, { [home]: 8 });
  expect(await availabilityOf(a)).toEqual({ status: 'IN_STOCK', quantity: null });
  expect(await availabilityOf(a, staff())).toEqual({ status: 'IN_STOCK', quantity: 8 });
  await setThresholds([{ variantId: a, warehouseId: home, lowStockThreshold: 5 }]);
  await reserved(t, { [a]: 3 });
  expect(await availabilityOf(a)).toEqual({ status: 'LOW', quantity: 5 });
  await reserved(t, { [a]: 5 });
  expect(await availabilityOf(a)).toEqual({ status: 'OUT', quantity: 0 });
  expect(await availabilityOf(t.parts.newId())).toEqual({ status: 'OUT', quantity: 0 });
  expect(await availabilityOf('no-id')).toEqual({ status: 'OUT', quantity: 0 });
});

test('availability of 24 products with 3 variants each costs one statement, as that of one variant', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 72; i += 1) ids.push(t.parts.newId());
  const other = await createWarehouse(t);
  await count(ids.map((variantId) => ({ variantId, warehouseId: home, quantity: 2 })));
  await count(ids.map((variantId) => ({ variantId, warehouseId: other, quantity: 1 })));
  for (const some of [ids, ids.slice(0, 1)]) {
    const stop = recordStatements();
    const { _entities } = await t.call<{ _entities: Variant[] }>(
      entities('availability { status quantity }'),
      represent(some),
    );
    expect(stop()).toHaveLength(1);
    expect(_entities.map((one) => one.availability)).toEqual(
      some.map(() => ({ status: 'IN_STOCK', quantity: 3 })),
    );
  }
  for (const some of [ids, ids.slice(0, 1)]) {
    const stop = recordStatements();
    await t.call(entities('stock { onHand available warehouse { code } variant { id } }'), represent(some));
    expect(stop()).toHaveLength(2);
  }
});

test('levels are for staff alone', async () => {
  const a = await stockVariant(t, { [home]: 8 });
  const ask = (caller: Parameters<typeof t.call>[2]) =>
    t.refusal(entities('stock { onHand }'), represent([a]), caller ?? staff());
  expect(await ask(anonymousCaller())).toBe('UNAUTHENTICATED');
  expect(await ask(guestCaller())).toBe('FORBIDDEN');
  expect(await ask(staffCaller('finance'))).toBe('FORBIDDEN');
  expect(await ask(staff())).toBeUndefined();
});

test('other subgraphs are told quantities in the order asked, in one statement', async () => {
  const closed = await createWarehouse(t, { status: 'INACTIVE' });
  const [a, b] = [await stockVariant(t, { [home]: 8, [closed]: 5 }), await stockVariant(t, { [home]: 1 })];
  const unknown = t.parts.newId();
  const query = 'query ($ids: [ID!]!) { availableQuantities(variantIds: $ids) { variantId quantity } }';
  const stop = recordStatements();
  expect(await t.call(query, { ids: [b, unknown, a, 'no-id', b] }, orders())).toEqual({
    availableQuantities: [
      { variantId: b, quantity: 1 },
      { variantId: unknown, quantity: 0 },
      { variantId: a, quantity: 8 },
      { variantId: 'no-id', quantity: 0 },
      { variantId: b, quantity: 1 },
    ],
  });
  expect(stop()).toHaveLength(1);
  expect(await t.refusal(query, { ids: [a] }, staff())).toBe('FORBIDDEN');
  expect(await t.refusal(query, { ids: Array.from({ length: 251 }, () => a) }, orders())).toBe(
    'BAD_USER_INPUT',
  );
});

test('a count is written once per key, with the difference in the ledger', async () => {
  const a = await stockVariant(t, { [home]: 8 });
  const counted = { idempotencyKey: t.parts.newId() };
  const quantities = [{ variantId: a, warehouseId: home, quantity: 6, expectedQuantity: 8 }];
  const answers = await Promise.all([count(quantities, counted), count(quantities, counted)]);
  answers.push(await count(quantities, counted));
  for (const answer of answers) expect(answer).toEqual({ levels: [{ onHand: 6 }], userErrors: [] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 8', 'ADJUSTMENT -2']);
  expect(await eventsOf(t, a)).toEqual(['0 -> 8', '8 -> 6']);
});

test('the same key for another count is refused', async () => {
  const a = await stockVariant(t, { [home]: 8 });
  const ask = (quantity: number) =>
    t.refusal(
      'mutation ($input: SetInventoryQuantitiesInput!) { setInventoryQuantities(input: $input) { levels { onHand } } }',
      {
        input: {
          idempotencyKey: 'k',
          reason: 'x',
          quantities: [{ variantId: a, warehouseId: home, quantity }],
        },
      },
      clerk,
    );
  expect([await ask(7), await ask(6)]).toEqual([undefined, 'IDEMPOTENCY_KEY_REUSED']);
  expect(await levelsOf(t, a)).toEqual({ [home]: [7, 0] });
});

test('a count that others have overtaken changes nothing, not even its other lines', async () => {
  const [a, b] = [await stockVariant(t, { [home]: 8 }), await stockVariant(t, { [home]: 8 })];
  const { levels, userErrors } = await t.mutate<{ levels: unknown }>(
    'setInventoryQuantities',
    {
      idempotencyKey: t.parts.newId(),
      reason: 'test',
      quantities: [
        { variantId: a, warehouseId: home, quantity: 1 },
        { variantId: b, warehouseId: home, quantity: 1, expectedQuantity: 7 },
      ],
    },
    'levels { onHand } userErrors { ... on QuantityChangedError { variantId warehouseId currentQuantity } }',
  );
  expect(levels).toBeNull();
  expect(userErrors).toEqual([
    {
      code: 'QUANTITY_CHANGED',
      message: expect.any(String),
      field: ['quantities', '1', 'expectedQuantity'],
      variantId: b,
      warehouseId: home,
      currentQuantity: 8,
    },
  ]);
  expect([await ledgerOf(t, a), await ledgerOf(t, b)]).toEqual([['ADJUSTMENT 8'], ['ADJUSTMENT 8']]);
});

test('two counts of one level at once that expect the same leave one', async () => {
  const a = await stockVariant(t, { [home]: 8 });
  const answers = await Promise.all(
    [5, 6].map((quantity) => count([{ variantId: a, warehouseId: home, quantity, expectedQuantity: 8 }])),
  );
  expect(answers.flatMap((answer) => answer.userErrors.map((error) => error.code))).toEqual([
    'QUANTITY_CHANGED',
  ]);
  expect(await ledgerOf(t, a)).toHaveLength(2);
});

test('what is free is counted and lost before what is reserved, and losses of one level count together', async () => {
  const a = await stockVariant(t, { [home]: 8 });
  await reserved(t, { [a]: 3 });
  const level = { variantId: a, warehouseId: home };
  expect((await count([{ ...level, quantity: 7 }])).userErrors).toEqual([]);
  // Each fits alone; together they take what is reserved.
  await adjust('DAMAGE', [
    { ...level, delta: -2 },
    { ...level, delta: -2 },
  ]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 3] });
  const both = await adjust('DAMAGE', [
    { ...level, delta: -2 },
    { ...level, delta: -2 },
  ]);
  expect(both.userErrors.map((error) => error.code)).toEqual([
    'QUANTITY_BELOW_RESERVED',
    'QUANTITY_BELOW_RESERVED',
  ]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 3] });
});

test('goods come and go by the rules of their type', async () => {
  const other = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 8 });
  const here = (delta: number) => ({ variantId: a, warehouseId: home, delta });
  const there = (delta: number) => ({ variantId: a, warehouseId: other, delta });
  for (const [type, delta] of [
    ['PURCHASE', -1],
    ['RETURN', -1],
    ['DAMAGE', 1],
    ['EXPIRY', 1],
    ['ADJUSTMENT', 0],
    ['TRANSFER', 1],
    ['SALE', -1],
  ] as const) {
    expect([type, (await adjust(type, [here(delta)])).userErrors[0]?.code]).toEqual([type, 'INVALID_INPUT']);
  }
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 8']);
  const key = { idempotencyKey: t.parts.newId(), reference: 'DN 1', note: 'on pallet 4' };
  const twice = await Promise.all([adjust('PURCHASE', [here(4)], key), adjust('PURCHASE', [here(4)], key)]);
  expect(twice.map((one) => one.userErrors)).toEqual([[], []]);
  expect(await adjust('TRANSFER', [here(-5), there(5)])).toEqual({
    levels: [{ onHand: 7 }, { onHand: 5 }],
    userErrors: [],
  });
  await adjust('EXPIRY', [there(-1)]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [7, 0], [other]: [4, 0] });
  // A transfer leaves as much for sale as there was: nothing to tell.
  expect(await eventsOf(t, a)).toEqual(['0 -> 8', '8 -> 12', '12 -> 11']);
});

test('unknown warehouses and variants are refused by name', async () => {
  const unknown = t.parts.newId();
  const a = t.parts.newId();
  const answer = await count([
    { variantId: a, warehouseId: unknown, quantity: 1 },
    { variantId: 'no-id', warehouseId: home, quantity: 1 },
  ]);
  expect(answer.levels).toBeNull();
  expect(answer.userErrors.map(({ code, field }) => [code, field])).toEqual([
    ['NOT_FOUND', ['quantities', '0', 'warehouseId']],
    ['NOT_FOUND', ['quantities', '1', 'variantId']],
  ]);
  expect(await levelsOf(t, a)).toEqual({});
});

test('low and no stock are told once when the line is crossed, and again after it came back', async () => {
  const other = await createWarehouse(t);
  const a = await stockVariant(t, { [home]: 6, [other]: 1 });
  await setThresholds([{ variantId: a, warehouseId: home, lowStockThreshold: 3 }]);
  const take = async (quantity: number) => void (await reserved(t, { [a]: quantity }));
  await take(3);
  await take(1);
  expect((await eventsOf(t, a)).slice(1)).toEqual(['7 -> 4', 'LowStock', '4 -> 3']);
  await take(3);
  expect((await eventsOf(t, a)).slice(4)).toEqual(['3 -> 0', 'OutOfStock']);
  expect(await reserve(t, reserveInput(t, { [a]: 1 }))).toMatchObject({ status: 'INSUFFICIENT' });
  await adjust('PURCHASE', [{ variantId: a, warehouseId: home, delta: 4 }]);
  await take(1);
  expect((await eventsOf(t, a)).slice(6)).toEqual(['0 -> 4', '4 -> 3', 'LowStock']);
});

test('a threshold that stock is below already tells so, and can be set again without telling', async () => {
  const a = await stockVariant(t, { [home]: 6 });
  const level = { variantId: a, warehouseId: home };
  const wanted = [{ ...level, lowStockThreshold: 6, reorderPoint: 4, reorderQuantity: 20 }];
  expect(await setThresholds(wanted)).toEqual({
    levels: [{ lowStockThreshold: 6, reorderPoint: 4, reorderQuantity: 20 }],
    userErrors: [],
  });
  await setThresholds(wanted);
  // The number is the same; in words it is few now, which who watches must see.
  expect(await eventsOf(t, a)).toEqual(['0 -> 6', '6 -> 6', 'LowStock']);
  const negative = await setThresholds([{ ...level, reorderPoint: -1 }]);
  expect(negative.userErrors[0]?.field).toEqual(['levels', '0', 'reorderPoint']);
  expect((await setThresholds([level])).levels).toEqual([
    { lowStockThreshold: 6, reorderPoint: 4, reorderQuantity: 20 },
  ]);
});

test('the ledger is listed page by page, the newest entry first', async () => {
  const a = await stockVariant(t, { [home]: 1 });
  await t.mutate(
    'adjustInventoryQuantities',
    {
      idempotencyKey: 'p',
      type: 'PURCHASE',
      reason: 'Delivery',
      reference: 'DN 7',
      note: 'two boxes',
      changes: [{ variantId: a, warehouseId: home, delta: 2 }],
    },
    '',
    clerk,
  );
  await adjust('DAMAGE', [{ variantId: a, warehouseId: home, delta: -1 }]);
  interface Page {
    inventoryTransactions: {
      nodes: Record<string, unknown>[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
  }
  const list = (after: string | null) =>
    t.call<Page>(
      `query ($id: ID, $after: String) { inventoryTransactions(variantId: $id, first: 2, after: $after) {
         nodes { type quantity reason reference note actorId variant { id } warehouse { id } } pageInfo { hasNextPage endCursor } } }`,
      { id: a, after },
    );
  const { inventoryTransactions: first } = await list(null);
  expect(first.nodes.map((one) => one['type'])).toEqual(['DAMAGE', 'PURCHASE']);
  expect(first.nodes[1]).toEqual({
    type: 'PURCHASE',
    quantity: 2,
    reason: 'Delivery',
    reference: 'DN 7',
    note: 'two boxes',
    actorId: clerk.claims?.['sub'],
    variant: { id: a },
    warehouse: { id: home },
  });
  expect(first.pageInfo.hasNextPage).toBe(true);
  const { inventoryTransactions: second } = await list(first.pageInfo.endCursor);
  expect(second.nodes.map((one) => one['quantity'])).toEqual([1]);
  expect(second.pageInfo.hasNextPage).toBe(false);
  const stop = recordStatements();
  await t.call('{ inventoryTransactions(first: 50) { nodes { warehouse { code } } } }');
  expect(stop()).toHaveLength(2);
  expect(await t.refusal('{ inventoryTransactions { nodes { id } } }', {}, guestCaller())).toBe('FORBIDDEN');
});

test('staff without the permission change nothing', async () => {
  const a = await stockVariant(t, { [home]: 6 });
  const support = staffCaller('support');
  const level = { variantId: a, warehouseId: home };
  const inputs: Record<string, object> = {
    setInventoryQuantities: { idempotencyKey: 'k', reason: 'x', quantities: [{ ...level, quantity: 1 }] },
    adjustInventoryQuantities: {
      idempotencyKey: 'k',
      type: 'PURCHASE',
      reason: 'x',
      changes: [{ ...level, delta: 1 }],
    },
    setStockThresholds: { levels: [{ ...level, lowStockThreshold: 9 }] },
  };
  for (const [field, input] of Object.entries(inputs)) {
    const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
    const mutation = `mutation ($input: ${type}!) { ${field}(input: $input) { levels { onHand } } }`;
    expect(await t.refusal(mutation, { input }, support)).toBe('FORBIDDEN');
  }
  expect(await t.db.stockLevel.findMany({ where: { variantId: a } })).toMatchObject([
    { onHand: 6, lowStockThreshold: 0 },
  ]);
});
