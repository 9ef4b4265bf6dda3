/** What adds to the catalogue does so once per key: repeats and twins are answered as the first. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { userCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { openDatabase } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import type { Refused } from '../../shared/errors.js';
import { addOnce } from '../change.js';
import { createContext } from '../context.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { newTail } from '../sku/service.js';
import { addProduct, createTestCatalog, staff, type Answer, type TestCatalog } from './catalog.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

interface Addition {
  field: string;
  selection: string;
  caller: () => Caller;
  /** Three inputs without a key: of what is added, of something else that could be, and of what is refused. */
  inputs: () => Promise<{ input: object; other: object; refused: object; code: string }>;
}

const run = async (
  { field, selection }: Pick<Addition, 'field' | 'selection'>,
  input: object,
  caller: Caller,
): Promise<Answer> => {
  const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
  const answer = await catalog.data(
    `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code } } }`,
    { input },
    caller,
  );
  return answer[field] as unknown as Answer;
};

const brand = { field: 'createBrand', selection: 'brand { id handle name description logoUrl }' };
const category = {
  field: 'createCategory',
  selection: 'category { id handle name path level parent { id } }',
};
const variant = { field: 'createVariant', selection: 'variant { id sku name weightGrams version }' };
const review = { field: 'addReview', selection: 'review { id rating title product { rating { count } } }' };

const name = (): string => `Once ${randomUUID()}`;
const sized = (value: string): object => ({ selectedOptions: [{ name: 'Size', value }] });
const newProduct = async (changes: Record<string, unknown> = {}): Promise<string> => {
  const { product } = await addProduct(catalog, { variants: [sized('S')], ...changes });
  return product?.['id'] as unknown as string;
};

const additions: Addition[] = [
  {
    ...brand,
    caller: staff,
    inputs: async () => {
      const handle = `taken-${randomUUID()}`;
      await run(brand, { idempotencyKey: randomUUID(), name: 'Taken', handle }, staff());
      const input = { name: name(), logoUrl: 'https://example.com/logo.svg' };
      return { input, other: { name: name() }, refused: { ...input, handle }, code: 'HANDLE_TAKEN' };
    },
  },
  {
    ...category,
    caller: staff,
    inputs: async () => {
      const input = { name: name(), position: 3 };
      const refused = { ...input, parentId: catalog.parts.newId() };
      return { input, other: { name: name() }, refused, code: 'NOT_FOUND' };
    },
  },
  {
    ...variant,
    caller: staff,
    inputs: async () => {
      const productId = await newProduct();
      const [input, other, refused] = ['M', 'L', 's'].map((size) => ({ productId, variant: sized(size) }));
      return { input: input ?? {}, other: other ?? {}, refused: refused ?? {}, code: 'VARIANT_EXISTS' };
    },
  },
  {
    ...review,
    caller: userCaller,
    inputs: async () => {
      const input = { productId: await newProduct(), rating: 4, title: 'Bright' };
      const other = { ...input, productId: await newProduct() };
      const refused = { ...input, productId: await newProduct({ status: 'DRAFT' }) };
      return { input, other, refused, code: 'NOT_FOUND' };
    },
  },
];

test.each(additions)(
  '$field: twins and a repeat with one key are answered as the first; the key with other input is an error',
  async (addition) => {
    const { input, other } = await addition.inputs();
    const caller = addition.caller();
    const key = randomUUID();
    const ask = (what = input, by = caller): Promise<Answer> =>
      run(addition, { idempotencyKey: key, ...what }, by);
    const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
    const [made] = Object.keys(answers[0] ?? {});
    expect(answers[0]).toEqual({
      [made ?? '']: expect.objectContaining({ id: expect.any(String) }),
      userErrors: [],
    });
    expect(answers).toEqual(answers.map(() => answers[0]));
    await expect(ask(other)).rejects.toMatchObject({ extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    // Another's key is another key; nor did the error do anything.
    expect((await ask(other, addition.caller()))['userErrors']).toEqual([]);
  },
);

test.each(additions)(
  '$field: what was refused is refused again; another intent needs another key',
  async (addition) => {
    const { input, refused, code } = await addition.inputs();
    const caller = addition.caller();
    const idempotencyKey = randomUUID();
    const no = await run(addition, { idempotencyKey, ...refused }, caller);
    expect(no['userErrors']).toEqual([{ code }]);
    expect(await run(addition, { idempotencyKey, ...refused }, caller)).toEqual(no);
    await expect(run(addition, { idempotencyKey, ...input }, caller)).rejects.toMatchObject({
      extensions: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect((await run(addition, { idempotencyKey: randomUUID(), ...input }, caller))['userErrors']).toEqual(
      [],
    );
  },
);

test('a refusal stands also when its cause is gone, for twins too, until a new key is used', async () => {
  const productId = await newProduct({ status: 'DRAFT' });
  const customer = userCaller();
  const opinion = { idempotencyKey: randomUUID(), productId, rating: 5 };
  const ask = (idempotencyKey = opinion.idempotencyKey): Promise<Answer> =>
    run(review, { ...opinion, idempotencyKey }, customer);
  const refused = { review: null, userErrors: [{ code: 'NOT_FOUND' }] };
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([refused, refused, refused]);
  const listed = await catalog.data(
    'mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { userErrors { code } } }',
    { input: { id: productId, expectedVersion: 1, status: 'ACTIVE' } },
    staff(),
  );
  expect(listed['updateProduct']).toEqual({ userErrors: [] });
  expect(await ask()).toEqual(refused);
  const countOf = async (): Promise<unknown> =>
    (await catalog.data('query ($id: ID) { product(id: $id) { rating { count } } }', { id: productId }))[
      'product'
    ]?.['rating'];
  expect(await countOf()).toEqual({ count: 0 });
  expect((await ask(randomUUID()))['userErrors']).toEqual([]);
  expect(await countOf()).toEqual({ count: 1 });
});

test('what a unique index refuses is stored; that others were busy there is not', async () => {
  const database = openDatabase({
    url: catalog.parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  try {
    const parts = { ...catalog.parts, db, newTail, openSearch: null };
    const ctx = createContext(parts, serviceCaller('catalog', 'test'));
    const productId = await newProduct();
    // As a twin that looked before the other had written.
    const blindly = (idempotencyKey: string, position: number): Promise<unknown> =>
      addOnce(ctx, 'blindly', { idempotencyKey }, async (inner) => {
        await inner.db.$executeRaw`
          INSERT INTO product_variant (id, product_id, sku, options_key, position, created_at, updated_at)
          VALUES (${inner.newId()}::uuid, ${productId}::uuid, ${`S-${productId.toUpperCase()}`}, 'other',
                  ${position}::int, now(), now())`;
        return 'added';
      }).catch((error: unknown) => (error as Refused).userErrors?.[0]?.code ?? error);
    expect(await blindly('busy', 0)).toBe('BUSY');
    expect(await blindly('busy', 1)).toBe('added');
    expect(await blindly('taken', 2)).toBe('SKU_TAKEN');
    await db.productVariant.deleteMany({ where: { productId, position: 1 } });
    expect(await blindly('taken', 2)).toBe('SKU_TAKEN');
    const keys = await db.idempotencyKey.findMany({
      where: { operation: 'blindly' },
      orderBy: { key: 'asc' },
    });
    expect(keys.map(({ key, outcome }) => [key, Object.keys(outcome as object)])).toEqual([
      ['busy', ['id']],
      ['taken', ['refused']],
    ]);
  } finally {
    await db.$disconnect();
    await database.close();
  }
});

test('a repeat shows what was added as it is now', async () => {
  const [caller, customer] = [staff(), userCaller()];
  const key = { idempotencyKey: randomUUID() };
  const above = await run(category, { idempotencyKey: randomUUID(), name: name() }, caller);
  const parent = above['category'];
  const moving = { ...key, name: name() };
  const child = await run(category, moving, caller);
  await catalog.data(
    'mutation ($input: MoveCategoryInput!) { moveCategory(input: $input) { userErrors { code } } }',
    { input: { id: child['category']?.['id'], parentId: parent?.['id'] } },
    caller,
  );
  expect(await run(category, moving, caller)).toMatchObject({
    category: { id: child['category']?.['id'], level: 1, parent: { id: parent?.['id'] } },
  });

  const productId = await newProduct();
  const opinion = { ...key, productId, rating: 2 };
  const written = await run(review, opinion, customer);
  const added = { ...key, productId, variant: sized('M') };
  const { variant: first } = await run(variant, added, caller);
  await catalog.data(
    'mutation ($input: UpdateVariantInput!) { updateVariant(input: $input) { userErrors { code } } }',
    { input: { id: first?.['id'], expectedVersion: 1, weightGrams: 70 } },
    caller,
  );
  expect(await run(variant, added, caller)).toMatchObject({
    variant: { id: first?.['id'], sku: first?.['sku'], weightGrams: 70, version: 2 },
    userErrors: [],
  });

  const { product } = await catalog.data(
    'query ($id: ID) { product(id: $id) { version } }',
    { id: productId },
    caller,
  );
  const off = await catalog.data(
    `mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { product { status } userErrors { code } } }`,
    { input: { id: productId, status: 'DISCONTINUED', expectedVersion: product?.['version'] } },
    caller,
  );
  expect(off['updateProduct']).toEqual({ product: { status: 'DISCONTINUED' }, userErrors: [] });
  expect(await run(review, opinion, customer)).toEqual(written);
});
