import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import {
  createInventoryTest,
  createWarehouse,
  eventsOf,
  staff,
  stockVariant,
  warehouseInput,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
beforeAll(async () => {
  t = await createInventoryTest();
});
afterAll(() => t.close());

const fields = `id code name status version address { line1 line2 city state postalCode country }
  contact { email phone } hours { day opens closes } capacity { total used unit }`;

const full = {
  code: 'ham-1',
  name: 'Hamburg',
  address: {
    line1: 'Am Sandtorkai 30',
    line2: 'Gate 2',
    city: 'Hamburg',
    state: null,
    postalCode: '20457',
    country: 'DE',
  },
  contact: { email: 'ham@hanse.example', phone: '+4940123456' },
  hours: [{ day: 'MONDAY', opens: '08:00', closes: '17:30' }],
  capacity: { total: 400, used: 30, unit: 'PALLETS' },
};

test('a warehouse is made, listed, read and changed', async () => {
  const { warehouse } = await t.mutate<{ warehouse: { id: string } }>(
    'createWarehouse',
    { idempotencyKey: 'full', ...full },
    `warehouse { ${fields} }`,
  );
  const expected = { ...full, id: warehouse.id, code: 'HAM-1', status: 'ACTIVE', version: 1 };
  expect(warehouse).toEqual(expected);
  expect(await t.call(`{ warehouses { ${fields} } }`)).toEqual({ warehouses: [expected] });
  const capacity = { total: 9_000, used: null, unit: 'PIECES' };
  const changed = await t.mutate(
    'updateWarehouse',
    { id: warehouse.id, expectedVersion: 1, name: 'Hamburg harbour', capacity },
    `warehouse { ${fields} }`,
  );
  const after = { ...expected, name: 'Hamburg harbour', version: 2, capacity: { ...capacity, used: 0 } };
  expect(changed).toEqual({ warehouse: after, userErrors: [] });
  await stockVariant(t, { [warehouse.id]: 3 });
  await stockVariant(t, { [warehouse.id]: 4 });
  // Pieces are counted.
  expect(await t.call(`query ($id: ID!) { warehouse(id: $id) { ${fields} } }`, { id: warehouse.id })).toEqual(
    {
      warehouse: { ...after, capacity: { ...capacity, used: 7 } },
    },
  );
  expect(await t.call('query ($id: ID!) { warehouse(id: $id) { id } }', { id: 'no-id' })).toEqual({
    warehouse: null,
  });
});

test('a code is taken once, also when two take it at once', async () => {
  const input = warehouseInput();
  const answers = await Promise.all(
    [input, { ...input, idempotencyKey: 'another', code: input.code.toLowerCase() }].map((one) =>
      t.mutate<{ warehouse: object | null }>('createWarehouse', one, 'warehouse { id }'),
    ),
  );
  expect(answers.filter((answer) => answer.warehouse === null)).toEqual([
    {
      warehouse: null,
      userErrors: [{ code: 'CODE_TAKEN', message: expect.any(String), field: ['code'] }],
    },
  ]);
  expect(await t.db.warehouse.count({ where: { code: input.code.toUpperCase() } })).toBe(1);
});

test('twins and a repeat with one key make one warehouse and get it as it is; the key with other input is an error', async () => {
  const input = warehouseInput();
  const caller = staff();
  const ask = (changes: object = {}, by = caller) =>
    t.mutate<{ warehouse: { id: string; code: string; name: string } | null }>(
      'createWarehouse',
      { ...input, ...changes },
      'warehouse { id code name }',
      by,
    );
  const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
  const [first] = answers;
  const warehouse = { id: expect.any(String), code: input.code.toUpperCase(), name: 'Test warehouse' };
  expect(first).toEqual({ warehouse, userErrors: [] });
  expect(answers).toEqual(answers.map(() => first));
  expect(await t.db.warehouse.count({ where: { code: input.code.toUpperCase() } })).toBe(1);

  const id = first?.warehouse?.id;
  await t.mutate('updateWarehouse', { id, expectedVersion: 1, name: 'Renamed' }, '');
  expect((await ask()).warehouse).toEqual({ ...first?.warehouse, name: 'Renamed' });

  const { code } = warehouseInput();
  await expect(ask({ code })).rejects.toMatchObject({ extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  expect(await t.db.warehouse.count({ where: { code: code.toUpperCase() } })).toBe(0);
  // Another's key is another key.
  expect((await ask({ code }, staff())).warehouse?.code).toBe(code.toUpperCase());
});

test('a refused warehouse stays refused under its key: another code is another intent', async () => {
  const taken = warehouseInput();
  await t.mutate('createWarehouse', taken, '');
  const caller = staff();
  const input = warehouseInput();
  const ask = (code: string, idempotencyKey: string = input.idempotencyKey) =>
    t.mutate<{ warehouse: { code: string } | null }>(
      'createWarehouse',
      { ...input, code, idempotencyKey },
      'warehouse { code }',
      caller,
    );
  for (let time = 0; time < 2; time += 1)
    expect(await ask(taken.code)).toMatchObject({ warehouse: null, userErrors: [{ code: 'CODE_TAKEN' }] });
  await expect(ask(input.code)).rejects.toMatchObject({ extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  expect(await ask(input.code, t.parts.newId())).toEqual({
    warehouse: { code: input.code.toUpperCase() },
    userErrors: [],
  });
});

test('what is wrong with a warehouse is told field by field', async () => {
  const answer = await t.mutate<{ warehouse: object | null }>(
    'createWarehouse',
    warehouseInput({
      code: 'a b',
      name: '',
      hours: [{ day: 'MONDAY', opens: '18:00', closes: '08:00' }],
      capacity: { total: 0, unit: 'PALLETS' },
    }),
    'warehouse { id }',
  );
  expect(answer.warehouse).toBeNull();
  expect(answer.userErrors.map((error) => error.field)).toEqual([
    ['code'],
    ['name'],
    ['hours'],
    ['capacity'],
  ]);
  expect(await t.db.warehouse.count({ where: { code: 'A B' } })).toBe(0);
});

test('a change on the ground of an old version is refused', async () => {
  const id = await createWarehouse(t);
  const rename = (name: string) =>
    t.mutate('updateWarehouse', { id, expectedVersion: 1, name }, 'warehouse { name }');
  const answers = await Promise.all([rename('One'), rename('Two')]);
  expect(answers.flatMap((answer) => answer.userErrors.map((error) => error.code))).toEqual([
    'VERSION_CONFLICT',
  ]);
  expect(await rename('Three')).toMatchObject({
    warehouse: null,
    userErrors: [{ code: 'VERSION_CONFLICT' }],
  });
  expect((await t.db.warehouse.findUnique({ where: { id } }))?.version).toBe(2);
});

test('a change whose answer was lost is answered as the first time, and made once', async () => {
  const id = await createWarehouse(t);
  const variant = await stockVariant(t, { [id]: 5 });
  // Everything that can be changed, as a client writes it.
  const changes = {
    name: 'Lübeck',
    status: 'INACTIVE',
    address: { country: 'DE', postalCode: '23552', city: 'Lübeck', line1: 'An der Untertrave 1' },
    contact: {},
    hours: [{ closes: '17:30', opens: '08:00', day: 'MONDAY' }],
    capacity: { unit: 'PALLETS', total: 400 },
  };
  const write = (expectedVersion: number, more: object = {}) =>
    t.mutate('updateWarehouse', { id, expectedVersion, ...changes, ...more }, `warehouse { ${fields} }`);
  const answers = await Promise.all([write(1), write(1), write(1)]);
  const [first] = answers;
  expect(first).toMatchObject({ warehouse: { name: 'Lübeck', version: 2 }, userErrors: [] });
  expect([...answers, await write(1)]).toEqual([first, first, first, first]);
  expect(await eventsOf(t, variant)).toEqual(['0 -> 5', '5 -> 0', 'OutOfStock']);

  const conflict = { warehouse: null, userErrors: [{ code: 'VERSION_CONFLICT' }] };
  expect(await write(1, { name: 'Rostock' })).toMatchObject(conflict);
  // A change of nothing is a change, when it is asked for in time.
  expect((await write(2)).userErrors).toEqual([]);
  expect(await write(1)).toMatchObject(conflict);
  expect(await t.db.warehouse.findUnique({ where: { id } })).toMatchObject({ name: 'Lübeck', version: 3 });
  expect(await eventsOf(t, variant)).toEqual(['0 -> 5', '5 -> 0', 'OutOfStock']);
});

test('a warehouse that closes takes its stock out of sale and tells so, and back when it opens', async () => {
  const [closing, other] = [await createWarehouse(t), await createWarehouse(t)];
  const a = await stockVariant(t, { [closing]: 5, [other]: 2 });
  const b = await stockVariant(t, { [closing]: 5 });
  const set = (expectedVersion: number, status: string) =>
    t.mutate('updateWarehouse', { id: closing, expectedVersion, status }, 'warehouse { status }');
  await set(1, 'INACTIVE');
  expect(await eventsOf(t, a)).toEqual(['0 -> 7', '7 -> 2']);
  expect(await eventsOf(t, b)).toEqual(['0 -> 5', '5 -> 0', 'OutOfStock']);
  await set(2, 'ACTIVE');
  expect((await eventsOf(t, a)).at(-1)).toBe('2 -> 7');
});

test('warehouses are for staff alone', async () => {
  const query = '{ warehouses { id } }';
  expect(await t.refusal(query, {}, guestCaller())).toBe('FORBIDDEN');
  const mutation =
    'mutation ($input: CreateWarehouseInput!) { createWarehouse(input: $input) { warehouse { id } } }';
  const input = warehouseInput();
  expect(await t.refusal(mutation, { input }, staffCaller('support'))).toBe('FORBIDDEN');
  expect(await t.db.warehouse.count({ where: { code: input.code.toUpperCase() } })).toBe(0);
});
