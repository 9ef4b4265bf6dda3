import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { createTestCatalog, staff, type Answer, type TestCatalog } from './catalog.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

async function add(handle: string, parentId: string | null = null, position = 0): Promise<string> {
  const { createCategory } = await catalog.data(
    `mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { category { id } userErrors { code message } } }`,
    { input: { idempotencyKey: randomUUID(), name: handle, handle, parentId, position } },
    staff(),
  );
  expect(createCategory?.['userErrors']).toEqual([]);
  return createCategory?.['category']?.['id'] as unknown as string;
}

const move = async (id: string, parentId: string | null): Promise<unknown> => {
  const { moveCategory } = await catalog.data(
    `mutation ($input: MoveCategoryInput!) { moveCategory(input: $input) { category { path level parent { handle } } userErrors { code } } }`,
    { input: { id, parentId } },
    staff(),
  );
  return moveCategory;
};

const read = async (id: string): Promise<Answer | undefined> => {
  const { category } = await catalog.data(
    'query ($id: ID) { category(id: $id) { path level ancestors { handle } parent { handle } children { handle } } }',
    { id },
  );
  return category;
};

/** Five levels: a > b > c, with own handles. */
async function chain(): Promise<{ ids: [string, string, string]; handles: [string, string, string] }> {
  const handles = ['a', 'b', 'c'].map((letter) => `${letter}-${randomUUID()}`) as [string, string, string];
  const a = await add(handles[0]);
  const b = await add(handles[1], a);
  const c = await add(handles[2], b);
  return { ids: [a, b, c], handles };
}

test('a category knows its place, and siblings stand by position', async () => {
  const { ids, handles } = await chain();
  const last = await add(`last-${randomUUID()}`, ids[0], 5);
  const first = await add(`first-${randomUUID()}`, ids[0], -5);
  expect(await read(ids[2])).toEqual({
    path: handles.join('/'),
    level: 2,
    ancestors: [{ handle: handles[0] }, { handle: handles[1] }],
    parent: { handle: handles[1] },
    children: [],
  });
  const { category } = await catalog.data(
    'query ($handle: String) { category(handle: $handle) { children { id } parent { id } } }',
    { handle: handles[0] },
  );
  expect(category).toEqual({ children: [{ id: first }, { id: ids[1] }, { id: last }], parent: null });
  const { categories } = await catalog.data('{ categories { id } }');
  expect(categories).toContainEqual({ id: ids[0] });
  expect(categories).not.toContainEqual({ id: ids[1] });
});

test('what is below a category moves with it', async () => {
  const { ids, handles } = await chain();
  const other = `z-${randomUUID()}`;
  const target = await add(other);
  expect(await move(ids[1], target)).toEqual({
    category: { path: `${other}/${handles[1]}`, level: 1, parent: { handle: other } },
    userErrors: [],
  });
  expect(await read(ids[2])).toMatchObject({
    path: `${other}/${handles[1]}/${handles[2]}`,
    level: 2,
    ancestors: [{ handle: other }, { handle: handles[1] }],
  });
  expect(await read(ids[0])).toMatchObject({ children: [] });
  expect(await move(ids[1], null)).toMatchObject({ category: { path: handles[1], level: 0, parent: null } });
  expect(await read(ids[2])).toMatchObject({ path: `${handles[1]}/${handles[2]}`, level: 1 });
});

test('a category cannot be put below itself, nor two below each other at once', async () => {
  const { ids } = await chain();
  const cycle = { category: null, userErrors: [{ code: 'CATEGORY_CYCLE' }] };
  expect(await move(ids[0], ids[0])).toEqual(cycle);
  expect(await move(ids[0], ids[2])).toEqual(cycle);
  expect(await read(ids[0])).toMatchObject({ level: 0 });
  const pairs = await Promise.all(
    Array.from({ length: 8 }, () => Promise.all([add(`x-${randomUUID()}`), add(`y-${randomUUID()}`)])),
  );
  const answers = await Promise.all(
    pairs.map(async ([x, y]) => {
      const both = (await Promise.all([move(x, y), move(y, x)])) as { userErrors: { code: string }[] }[];
      return both.map((one) => one.userErrors[0]?.code ?? 'done').sort();
    }),
  );
  expect(answers).toEqual(pairs.map(() => ['CATEGORY_CYCLE', 'done']));
  for (const [x, y] of pairs)
    expect([(await read(x))?.['level'], (await read(y))?.['level']].sort()).toEqual([0, 1]);
});

test('the tree has at most ten levels', async () => {
  let parent: string | null = null;
  const path: string[] = [];
  for (let level = 0; level < 10; level += 1) path.push((parent = await add(`deep-${randomUUID()}`, parent)));
  const refused = { category: null, userErrors: [{ code: 'TREE_TOO_DEEP' }] };
  const { ids } = await chain();
  expect(await move(ids[0], path[9] ?? '')).toEqual(refused);
  expect(await move(ids[0], path[7] ?? '')).toEqual(refused);
  expect(await move(ids[0], path[6] ?? '')).toMatchObject({ userErrors: [] });
  expect(await read(ids[2])).toMatchObject({ level: 9 });
  expect(await move(catalog.parts.newId(), null)).toEqual({
    category: null,
    userErrors: [{ code: 'NOT_FOUND' }],
  });
  expect(await move(ids[1], 'no id')).toEqual({ category: null, userErrors: [{ code: 'NOT_FOUND' }] });
});

test('an age limit holds for all below, the greatest counts, and it can be changed and taken away', async () => {
  const { ids } = await chain();
  const set = async (id: string, minimumAge: number | null, caller = staff()): Promise<Answer | undefined> =>
    (
      await catalog.data(
        `mutation ($input: SetCategoryMinimumAgeInput!) { setCategoryMinimumAge(input: $input) {
           category { minimumAge } userErrors { code field } } }`,
        { input: { id, minimumAge } },
        caller,
      )
    )['setCategoryMinimumAge'];
  const { createProduct } = await catalog.data(
    `mutation ($input: CreateProductInput!) { createProduct(input: $input) { product { id variants { id } } userErrors { code } } }`,
    {
      input: {
        idempotencyKey: randomUUID(),
        name: 'Rum',
        status: 'ACTIVE',
        categoryId: ids[2],
        variants: [{}],
      },
    },
    staff(),
  );
  const product = createProduct?.['product'];
  const ageOfBoth = async (): Promise<unknown[]> => {
    const answer = await catalog.data('query ($id: ID!) { product(id: $id) { minimumAge } }', {
      id: product?.['id'],
    });
    const { variantsForSale } = await catalog.data(
      'query ($ids: [ID!]!) { variantsForSale(ids: $ids, currencyCode: "EUR") { minimumAge } }',
      { ids: [product?.['variants']?.[0]?.['id']] },
      { claims: { kind: 'service', sub: 'orders' }, headers: {}, correlationId: 'test' },
    );
    return [answer['product']?.['minimumAge'], variantsForSale?.[0]?.['minimumAge']];
  };
  expect(await ageOfBoth()).toEqual([null, null]);
  for (let time = 0; time < 2; time += 1)
    expect(await set(ids[0], 16)).toEqual({ category: { minimumAge: 16 }, userErrors: [] });
  await set(ids[2], 12);
  expect(await ageOfBoth()).toEqual([16, 16]);
  await set(ids[1], 18);
  expect(await ageOfBoth()).toEqual([18, 18]);
  const refused = { category: null, userErrors: [{ code: 'INVALID_INPUT', field: ['minimumAge'] }] };
  expect(await set(ids[1], 0)).toEqual(refused);
  expect(await set(ids[1], 100)).toEqual(refused);
  expect(await set(randomUUID(), 18)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
  await expect(set(ids[1], 21, staffCaller('warehouse'))).rejects.toThrow(/permission/);
  expect(await ageOfBoth()).toEqual([18, 18]);
  await set(ids[1], null);
  await set(ids[0], null);
  expect(await ageOfBoth()).toEqual([12, 12]);
});

test('a handle is taken once for brands and once for categories', async () => {
  const name = `Unique ${randomUUID()}`;
  for (const [field, type] of [
    ['createBrand', 'CreateBrandInput'],
    ['createCategory', 'CreateCategoryInput'],
  ] as const) {
    const ask = (): Promise<Answer> =>
      catalog.data(
        `mutation ($input: ${type}!) { ${field}(input: $input) { userErrors { code } } }`,
        { input: { idempotencyKey: randomUUID(), name } },
        staff(),
      );
    const both = await Promise.all([ask(), ask()]);
    expect(both.map((one) => one[field]?.['userErrors']?.[0]?.['code'] ?? 'done').sort()).toEqual([
      'HANDLE_TAKEN',
      'done',
    ]);
  }
  const { brands } = await catalog.data('{ brands(first: 100) { nodes { name } } }');
  expect(
    (brands?.['nodes'] as unknown as { name: string }[]).filter((brand) => brand.name === name),
  ).toHaveLength(1);
});
