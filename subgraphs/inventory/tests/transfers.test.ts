import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import {
  createInventoryTest,
  createWarehouse,
  discrepancies,
  eventsOf,
  ledgerOf,
  levelsOf,
  reserved,
  staff,
  stockVariant,
  type InventoryTest,
  type UserErrorShape,
} from './inventory-test.js';

let t: InventoryTest;
let from: string;
let to: string;
const clerk = staff();
beforeAll(async () => {
  t = await createInventoryTest();
  [from, to] = [await createWarehouse(t), await createWarehouse(t)];
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(() => t.close());

interface Shown {
  transfer: {
    id: string;
    status: string;
    lines: { quantity: number; received: number; writtenOff: number; returned: number; inTransit: number }[];
  } | null;
  userErrors: UserErrorShape[];
}
const selection = 'transfer { id status lines { quantity received writtenOff returned inTransit } }';
const mutate = (field: string, input: object) => t.mutate<Shown>(field, input, selection, clerk);

const plan = (quantities: Record<string, number>, changes: object = {}) =>
  mutate('createStockTransfer', {
    ...{ idempotencyKey: t.parts.newId(), fromWarehouseId: from, toWarehouseId: to },
    lines: Object.entries(quantities).map(([variantId, quantity]) => ({ variantId, quantity })),
    ...changes,
  });
async function planned(quantities: Record<string, number>): Promise<string> {
  const { transfer } = await plan(quantities);
  return transfer?.id ?? '';
}
const ship = (transferId: string) => mutate('shipStockTransfer', { transferId });
const cancel = (transferId: string) => mutate('cancelStockTransfer', { transferId });
const arrived = (transferId: string, lines: object[], idempotencyKey: string = t.parts.newId()) =>
  mutate('receiveStockTransfer', { idempotencyKey, transferId, lines });

const incomingOf = async (variantId: string): Promise<number[]> => {
  const { _entities } = await t.call<{ _entities: { stock: { incoming: number }[] }[] }>(
    'query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on ProductVariant { stock { incoming } } } }',
    { ids: [{ __typename: 'ProductVariant', id: variantId }] },
  );
  return _entities[0]?.stock.map((level) => level.incoming).sort() ?? [];
};

test('what is shipped is in neither warehouse until it arrives, and can then be sold', async () => {
  const a = await stockVariant(t, { [from]: 5 });
  const id = await planned({ [a]: 3 });
  expect(await levelsOf(t, a)).toEqual({ [from]: [5, 0] });
  expect((await ship(id)).transfer).toEqual({
    id,
    status: 'IN_TRANSIT',
    lines: [{ quantity: 3, received: 0, writtenOff: 0, returned: 0, inTransit: 3 }],
  });
  expect(await levelsOf(t, a)).toEqual({ [from]: [2, 0], [to]: [0, 0] });
  expect(await incomingOf(a)).toEqual([0, 3]);
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 2']);
  const { transfer } = await arrived(id, [{ variantId: a, received: 3 }]);
  expect(transfer).toMatchObject({ status: 'RECEIVED', lines: [{ received: 3, inTransit: 0 }] });
  expect(await levelsOf(t, a)).toEqual({ [from]: [2, 0], [to]: [3, 0] });
  expect(await incomingOf(a)).toEqual([0, 0]);
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5', 'TRANSFER -3', 'TRANSFER 3']);
  const [entry] = await t.db.inventoryTransaction.findMany({ where: { variantId: a, quantity: 3 } });
  expect(entry).toMatchObject({ reference: id, warehouseId: to });
});

test('a transfer arrives in parts, and what does not arrive is written off with its reason', async () => {
  const [a, b] = [await stockVariant(t, { [from]: 9 }), await stockVariant(t, { [from]: 1 })];
  const id = await planned({ [a]: 9, [b]: 1 });
  await ship(id);
  await arrived(id, [{ variantId: a, received: 4 }]);
  expect(await levelsOf(t, a)).toEqual({ [from]: [0, 0], [to]: [4, 0] });
  const line = { variantId: a, received: 3, writtenOff: 2 };
  expect(await arrived(id, [line])).toMatchObject({
    transfer: null,
    userErrors: [{ code: 'INVALID_INPUT' }],
  });
  expect(await arrived(id, [{ ...line, received: 4, reason: 'Wet' }])).toMatchObject({
    userErrors: [{ code: 'INVALID_INPUT' }],
  });
  const sold = { ...line, reason: 'Wet', writeOffType: 'SALE' };
  expect(await arrived(id, [sold])).toMatchObject({ userErrors: [{ code: 'INVALID_INPUT' }] });
  expect(await arrived(id, [{ ...line, variantId: t.parts.newId() }])).toMatchObject({
    userErrors: [{ code: 'INVALID_INPUT' }],
  });
  expect(await levelsOf(t, a)).toEqual({ [from]: [0, 0], [to]: [4, 0] });
  await arrived(id, [{ ...line, reason: 'Wet' }]);
  expect(await levelsOf(t, a)).toEqual({ [from]: [0, 0], [to]: [7, 0] });
  expect(await ledgerOf(t, a)).toEqual([
    'ADJUSTMENT 9',
    'TRANSFER -9',
    'TRANSFER 4',
    'TRANSFER 5',
    'DAMAGE -2',
  ]);
  const { transfer } = await arrived(id, [
    { variantId: b, received: 0, writtenOff: 1, writeOffType: 'EXPIRY', reason: 'Old' },
  ]);
  expect(transfer).toMatchObject({ status: 'RECEIVED' });
  expect(await levelsOf(t, b)).toEqual({ [from]: [0, 0], [to]: [0, 0] });
  expect(await arrived(id, [{ variantId: b, received: 1 }])).toMatchObject({
    userErrors: [{ code: 'TRANSFER_STATE' }],
  });
});

test('shipped, received and cancelled twice, and at once, each is done once', async () => {
  const a = await stockVariant(t, { [from]: 9 });
  const id = await planned({ [a]: 4 });
  await Promise.all([ship(id), ship(id), ship(id)]);
  expect(await levelsOf(t, a)).toEqual({ [from]: [5, 0], [to]: [0, 0] });
  const key = t.parts.newId();
  const answers = await Promise.all([1, 2, 3].map(() => arrived(id, [{ variantId: a, received: 2 }], key)));
  expect(answers.map((one) => one.userErrors)).toEqual([[], [], []]);
  expect(await levelsOf(t, a)).toEqual({ [from]: [5, 0], [to]: [2, 0] });
  // Two different deliveries of all that is left: one of them is too much.
  const both = await Promise.all([1, 2].map(() => arrived(id, [{ variantId: a, received: 2 }])));
  expect(both.filter((one) => one.userErrors.length === 0)).toHaveLength(1);
  expect(await levelsOf(t, a)).toEqual({ [from]: [5, 0], [to]: [4, 0] });

  const other = await planned({ [a]: 5 });
  await ship(other);
  await Promise.all([cancel(other), cancel(other), arrived(other, [{ variantId: a, received: 5 }])]);
  const total = Object.values(await levelsOf(t, a)).reduce((sum, [onHand]) => sum + onHand, 0);
  expect(total).toBe(9);
});

test('a transfer that is given up puts back what is still on its way', async () => {
  const a = await stockVariant(t, { [from]: 6 });
  const id = await planned({ [a]: 5 });
  await ship(id);
  await arrived(id, [{ variantId: a, received: 2 }]);
  expect(await cancel(id)).toMatchObject({
    transfer: { status: 'CANCELLED', lines: [{ received: 2, returned: 3, inTransit: 0 }] },
  });
  await cancel(id);
  expect(await levelsOf(t, a)).toEqual({ [from]: [4, 0], [to]: [2, 0] });
  expect(await ship(id)).toMatchObject({ transfer: null, userErrors: [{ code: 'TRANSFER_STATE' }] });
  const draft = await planned({ [a]: 1 });
  expect(await cancel(draft)).toMatchObject({ transfer: { status: 'CANCELLED' } });
  expect(await levelsOf(t, a)).toEqual({ [from]: [4, 0], [to]: [2, 0] });
});

test('what is reserved stays where it is', async () => {
  const [a, b] = [await stockVariant(t, { [from]: 5 }), await stockVariant(t, { [from]: 5 })];
  await reserved(t, { [a]: 3 });
  const id = await planned({ [a]: 3, [b]: 1 });
  expect(await ship(id)).toMatchObject({ transfer: null, userErrors: [{ code: 'QUANTITY_BELOW_RESERVED' }] });
  expect([await levelsOf(t, a), await levelsOf(t, b)]).toEqual([{ [from]: [5, 3] }, { [from]: [5, 0] }]);
});

test('plans are made once per key, checked, listed and read', async () => {
  const a = await stockVariant(t, { [from]: 1 });
  const key = t.parts.newId();
  const [one, two] = [
    await plan({ [a]: 1 }, { idempotencyKey: key }),
    await plan({ [a]: 1 }, { idempotencyKey: key }),
  ];
  expect(two).toEqual(one);
  const count = await t.db.stockTransfer.count();
  expect(await plan({ [a]: 0 })).toMatchObject({ userErrors: [{ code: 'INVALID_INPUT' }] });
  expect(await plan({ [a]: 1 }, { toWarehouseId: from })).toMatchObject({
    userErrors: [{ code: 'INVALID_INPUT' }],
  });
  expect(await plan({ [a]: 1 }, { toWarehouseId: t.parts.newId() })).toMatchObject({
    userErrors: [{ code: 'NOT_FOUND' }],
  });
  expect(await ship(t.parts.newId())).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
  expect(await t.db.stockTransfer.count()).toBe(count);
  const listed = await t.call<{ stockTransfers: { nodes: { id: string; from: { id: string } }[] } }>(
    '{ stockTransfers(status: DRAFT, first: 1) { nodes { id from { id } } } }',
  );
  expect(listed.stockTransfers.nodes).toEqual([{ id: one.transfer?.id, from: { id: from } }]);
  const read = await t.call<{ stockTransfer: object }>(
    'query ($id: ID!) { stockTransfer(id: $id) { status } }',
    { id: one.transfer?.id },
  );
  expect(read).toEqual({ stockTransfer: { status: 'DRAFT' } });
});

test('a transfer of many variants costs as many statements as one of one', async () => {
  const count = async (work: () => Promise<unknown>): Promise<number> => {
    const stop = recordStatements();
    await work();
    return stop().length;
  };
  const costs: number[][] = [];
  for (const size of [1, 12]) {
    const quantities: Record<string, number> = {};
    for (let i = 0; i < size; i += 1) quantities[await stockVariant(t, { [from]: 1 })] = 1;
    const id = await planned(quantities);
    const lines = Object.keys(quantities).map((variantId) => ({ variantId, received: 1 }));
    costs.push([await count(() => ship(id)), await count(() => arrived(id, lines))]);
  }
  expect(costs[1]).toEqual(costs[0]);
});
