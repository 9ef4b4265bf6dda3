import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { serviceCaller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { addProduct, createTestCatalog, staff, type Answer, type TestCatalog } from './catalog.js';

let catalog: TestCatalog;
/** What the next SKUs and handles end with, before random ends come. */
const tails: string[] = [];
beforeAll(async () => {
  let n = 0;
  catalog = await createTestCatalog({ tail: () => tails.shift() ?? String((n += 1)).padStart(5, '0') });
});
afterAll(() => catalog.close());

const internal = serviceCaller('orders', 'test');
const createVariant = `mutation ($key: ID!, $productId: ID!, $variant: NewVariantInput!) {
  createVariant(input: { idempotencyKey: $key, productId: $productId, variant: $variant }) {
    variant { id sku name version } userErrors { code field } } }`;
const size = (value: string) => [{ name: 'Size', value }];
const variantsOf = async (product: Answer | undefined): Promise<Answer[]> => {
  const answer = await catalog.data(
    'query ($id: ID) { product(id: $id) { variants { id sku name active version } } }',
    { id: product?.['id'] },
    staff(),
  );
  return answer['product']?.['variants'] as unknown as Answer[];
};

test('a SKU that another has is made anew, also when many are made at once', async () => {
  const name = `Colliding ${randomUUID().slice(0, 4)}`;
  tails.push('AAAAA', 'AAAAA', 'AAAAA', 'BBBBB', 'AAAAA', 'CCCCC');
  const first = await addProduct(catalog, { name, variants: [{ selectedOptions: size('S') }] });
  const second = await addProduct(catalog, {
    name,
    handle: `other-${randomUUID()}`,
    variants: [{ selectedOptions: size('S') }, { selectedOptions: size('M') }],
  });
  const skus = [...(await variantsOf(first['product'])), ...(await variantsOf(second['product']))].map(
    (variant) => variant['sku'] as unknown as string,
  );
  expect(new Set(skus).size).toBe(3);
  expect(skus[0]).toMatch(/-S-AAAAA$/);

  const tenTimes = Array.from({ length: 10 }, () => 'DDDDD');
  tails.push(...tenTimes);
  const answers = await Promise.all(
    tenTimes.map((_, i) =>
      addProduct(catalog, { name: 'Ten', handle: `ten-${i}`, variants: [{ selectedOptions: size('S') }] }),
    ),
  );
  const made = answers.map((answer) => answer['product']?.['variants']?.[0]?.['sku']);
  expect(new Set(made).size).toBe(10);
  expect(made).toContain('TEN-S-DDDDD');
});

test('a SKU that was given and is taken is refused, and nothing of the product is added', async () => {
  const sku = `TAKEN-${randomUUID().slice(0, 8).toUpperCase()}`;
  await addProduct(catalog, { variants: [{ sku }] });
  const name = `Refused ${randomUUID()}`;
  const answer = await addProduct(catalog, {
    name,
    variants: [{ selectedOptions: size('S') }, { sku: sku.toLowerCase(), selectedOptions: size('M') }],
  });
  expect(answer).toEqual({
    product: null,
    userErrors: [{ __typename: 'ConflictError', code: 'SKU_TAKEN', field: ['variants', '1', 'sku'] }],
  });
  const { products } = await catalog.data('{ products(first: 100) { nodes { name } } }', {}, staff());
  expect(JSON.stringify(products)).not.toContain(name);
});

test('a product has each combination of options once, also when two add it at once', async () => {
  const { product } = await addProduct(catalog, { variants: [{ selectedOptions: size('S') }] });
  const add = (selectedOptions: object[]): Promise<Answer> =>
    catalog.data(
      createVariant,
      { key: randomUUID(), productId: product?.['id'], variant: { selectedOptions } },
      staff(),
    );
  const codes = (answers: Answer[]): unknown[] =>
    answers.map((answer) => answer['createVariant']?.['userErrors']?.[0]?.['code'] ?? 'done');
  const twins = await Promise.all([add(size('M')), add(size('m')), add(size('L'))]);
  expect(codes(twins).sort()).toEqual(['VARIANT_EXISTS', 'done', 'done']);
  expect(codes([await add(size('S')), await add([]), await add([{ name: 'Colour', value: 'Red' }])])).toEqual(
    ['VARIANT_EXISTS', 'INVALID_INPUT', 'INVALID_INPUT'],
  );
  expect((await variantsOf(product)).map((variant) => String(variant['name']).toUpperCase()).sort()).toEqual([
    'L',
    'M',
    'S',
  ]);
});

test('a variant that is taken off sale is seen by staff only, and cannot be bought', async () => {
  const { product } = await addProduct(catalog, {
    variants: [{ selectedOptions: size('S') }, { selectedOptions: size('M') }],
  });
  const [small] = await variantsOf(product);
  const update = `mutation ($input: UpdateVariantInput!) { updateVariant(input: $input) {
    variant { active version weightGrams } userErrors { code } } }`;
  const input = { id: small?.['id'], expectedVersion: 1, active: false, weightGrams: 70 };
  expect(await catalog.data(update, { input }, staff())).toEqual({
    updateVariant: { variant: { active: false, version: 2, weightGrams: 70 }, userErrors: [] },
  });
  const stale = { ...input, weightGrams: 80 };
  expect(await catalog.data(update, { input: stale }, staff())).toEqual({
    updateVariant: { variant: null, userErrors: [{ code: 'VERSION_CONFLICT' }] },
  });
  const query = 'query ($id: ID) { product(id: $id) { variants { name } } }';
  const seen = await catalog.data(query, { id: product?.['id'] });
  expect(seen['product']?.['variants']).toEqual([{ name: 'M' }]);
  expect(await variantsOf(product)).toHaveLength(2);
  const { variantsForSale } = await catalog.data(
    'query ($ids: [ID!]!) { variantsForSale(ids: $ids, currencyCode: "EUR") { purchasable } }',
    { ids: [small?.['id']] },
    internal,
  );
  expect(variantsForSale).toEqual([{ purchasable: false }]);
});

test('checkout gets what it needs of many variants by one statement', async () => {
  const { createCategory } = await catalog.data(
    'mutation ($key: ID!, $name: String!) { createCategory(input: { idempotencyKey: $key, name: $name }) { category { id } } }',
    { key: randomUUID(), name: `Shop ${randomUUID()}` },
    staff(),
  );
  const categoryId = createCategory?.['category']?.['id'];
  const { product } = await addProduct(catalog, {
    name: 'Oil lamp',
    categoryId,
    taxCategory: 'REDUCED',
    images: [{ url: 'https://example.com/lamp.jpg' }],
    attributes: [
      { name: 'Height', type: 'NUMBER', value: '32.5' },
      { name: 'Glass', type: 'BOOLEAN', value: 'true' },
    ],
    variants: [
      {
        sku: 'FS-1',
        selectedOptions: size('S'),
        weightGrams: 500,
        prices: [{ currencyCode: 'EUR', regular: '10', sale: '8' }],
      },
      {
        sku: 'FS-2',
        selectedOptions: size('M'),
        attributes: [{ name: 'Height', type: 'NUMBER', value: '40' }],
      },
    ],
  });
  const { product: draft } = await addProduct(catalog, { status: 'DRAFT' });
  const ids = [product?.['variants']?.[0]?.['id'], product?.['variants']?.[1]?.['id']];
  const query = `query ($ids: [ID!]!) { variantsForSale(ids: $ids, currencyCode: "EUR") {
    id productId sku name purchasable unitPrice { amount currencyCode } taxCategory weightGrams imageUrl categoryIds attributes } }`;
  const stop = recordStatements();
  const answer = await catalog.data(
    query,
    { ids: [...ids, draft?.['variants']?.[0]?.['id'], catalog.parts.newId(), 'no id'] },
    internal,
  );
  expect(stop()).toHaveLength(1);
  const found = (answer['variantsForSale'] as unknown as { sku: string }[]).sort((a, b) =>
    a.sku < b.sku ? -1 : 1,
  );
  const shared = {
    productId: product?.['id'],
    taxCategory: 'REDUCED',
    imageUrl: 'https://example.com/lamp.jpg',
    categoryIds: [categoryId],
    purchasable: true,
  };
  expect(found.slice(0, 2)).toEqual([
    {
      ...shared,
      id: ids[0],
      sku: 'FS-1',
      name: 'Oil lamp, S',
      unitPrice: { amount: '8.00', currencyCode: 'EUR' },
      weightGrams: 500,
      attributes: { Height: 32.5, Glass: true },
    },
    {
      ...shared,
      id: ids[1],
      sku: 'FS-2',
      name: 'Oil lamp, M',
      unitPrice: null,
      weightGrams: null,
      attributes: { Height: 40, Glass: true },
    },
  ]);
  expect(found[2]).toMatchObject({ purchasable: false, unitPrice: { amount: '19.99' } });
  expect(found).toHaveLength(3);
  const { errors } = await catalog.run(query, { ids }, anonymousCaller());
  expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
});
