import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { anonymousCaller, guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import {
  addProduct,
  createTestCatalog,
  productInput,
  staff,
  type Answer,
  type TestCatalog,
} from './catalog.js';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

const mutation = (name: string, type: string, selection: string): string =>
  `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { __typename code message field } } }`;
const create = mutation('createProduct', 'CreateProductInput', 'product { id handle variants { id sku } }');

async function addBrand(name: string): Promise<string> {
  const { createBrand } = await catalog.data(
    mutation('createBrand', 'CreateBrandInput', 'brand { id }'),
    { input: { idempotencyKey: randomUUID(), name } },
    staff(),
  );
  return createBrand?.['brand']?.['id'] as unknown as string;
}

async function addCategory(name: string, parentId: string | null = null): Promise<string> {
  const { createCategory } = await catalog.data(
    mutation('createCategory', 'CreateCategoryInput', 'category { id }'),
    { input: { idempotencyKey: randomUUID(), name, parentId } },
    staff(),
  );
  return createCategory?.['category']?.['id'] as unknown as string;
}

test('staff add a product with everything, and anybody reads it by its handle', async () => {
  const [brandId, categoryId] = [await addBrand('Nordlicht'), await addCategory('Lamps')];
  const { product } = await addProduct(catalog, {
    name: 'Brass Oil Lamp',
    brandId,
    categoryId,
    taxCategory: 'REDUCED',
    images: [{ url: 'https://example.com/1.jpg', alt: 'Front' }, { url: 'https://example.com/2.jpg' }],
    attributes: [{ name: 'Height', type: 'NUMBER', value: '32.5' }],
    variants: [
      {
        selectedOptions: [{ name: 'Colour', value: 'Red' }],
        weightGrams: 900,
        prices: [
          { currencyCode: 'EUR', regular: '49.90', sale: '39.90' },
          { currencyCode: 'JPY', regular: '7800' },
        ],
      },
      {
        sku: 'lamp-blue',
        selectedOptions: [{ name: 'Colour', value: 'Blue' }],
        prices: [{ currencyCode: 'EUR', regular: '44.00' }],
      },
    ],
  });
  expect(product?.['variants']?.[0]?.['sku']).toMatch(/^NORD-BRASOILLAMP-RED-[0-9A-HJKMNP-TV-Z]{5}$/);
  const money = '{ amount currencyCode }';
  const answer = await catalog.data(
    `query ($handle: String!) { product(handle: $handle) {
       name status taxCategory brand { name } category { path } images { url alt primary }
       attributes { name type value } options { name values } priceRange { min ${money} max ${money} }
       rating { average count }
       variants { sku name weightGrams price { current ${money} regular ${money} sale ${money} onSale } prices { current ${money} } } } }`,
    { handle: 'brass-oil-lamp' },
  );
  const eur = (amount: string) => ({ amount, currencyCode: 'EUR' });
  expect(answer).toEqual({
    product: {
      name: 'Brass Oil Lamp',
      status: 'ACTIVE',
      taxCategory: 'REDUCED',
      brand: { name: 'Nordlicht' },
      category: { path: 'lamps' },
      images: [
        { url: 'https://example.com/1.jpg', alt: 'Front', primary: true },
        { url: 'https://example.com/2.jpg', alt: '', primary: false },
      ],
      attributes: [{ name: 'Height', type: 'NUMBER', value: '32.5' }],
      options: [{ name: 'Colour', values: ['Red', 'Blue'] }],
      priceRange: { min: eur('39.90'), max: eur('44.00') },
      rating: { average: null, count: 0 },
      variants: [
        {
          sku: product?.['variants']?.[0]?.['sku'],
          name: 'Red',
          weightGrams: 900,
          price: { current: eur('39.90'), regular: eur('49.90'), sale: eur('39.90'), onSale: true },
          prices: [{ current: eur('39.90') }, { current: { amount: '7800', currencyCode: 'JPY' } }],
        },
        {
          sku: 'LAMP-BLUE',
          name: 'Blue',
          weightGrams: null,
          price: { current: eur('44.00'), regular: eur('44.00'), sale: null, onSale: false },
          prices: [{ current: eur('44.00') }],
        },
      ],
    },
  });
});

test('a price is in the currency of the request, and null where there is none', async () => {
  const { product } = await addProduct(catalog, {
    variants: [{ prices: [{ currencyCode: 'KWD', regular: '1.250' }] }],
  });
  const query =
    'query ($id: ID) { product(id: $id) { priceRange { min { amount } } variants { price { current { amount } } } } }';
  const ask = (currency: string): Promise<Answer> =>
    catalog.data(
      query,
      { id: product?.['id'] },
      { ...anonymousCaller(), headers: { 'x-currency': currency } },
    );
  expect(await ask('kwd')).toEqual({
    product: {
      priceRange: { min: { amount: '1.250' } },
      variants: [{ price: { current: { amount: '1.250' } } }],
    },
  });
  expect(await ask('USD')).toEqual({ product: { priceRange: null, variants: [{ price: null }] } });
});

test('what is not on sale is hidden from the public and shown to staff', async () => {
  const { product } = await addProduct(catalog, { status: 'DRAFT' });
  const { id, handle, variants } = product as unknown as {
    id: string;
    handle: string;
    variants: { sku: string; id: string }[];
  };
  const query = `query ($handle: String, $sku: String, $keys: [_Any!]!) {
    product(handle: $handle) { id } productVariant(sku: $sku) { id } products(first: 100) { nodes { id } }
    _entities(representations: $keys) { ... on Product { name } ... on ProductVariant { sku } } }`;
  const sku = variants[0]?.sku ?? '';
  const keys = [
    { __typename: 'Product', id },
    { __typename: 'ProductVariant', id: variants[0]?.id },
    { __typename: 'ProductVariant', sku },
    { __typename: 'Product', id: 'no id' },
  ];
  const seen = await catalog.data(query, { handle, sku, keys });
  expect([seen['product'], seen['productVariant']]).toEqual([null, null]);
  expect(JSON.stringify(seen['products'])).not.toContain(id);
  expect(seen['_entities']).toEqual([null, null, null, null]);
  const shown = await catalog.data(query, { handle, sku, keys }, staff());
  expect([shown['product'], shown['productVariant']]).toEqual([{ id }, { id: variants[0]?.id }]);
  expect(JSON.stringify(shown['products'])).toContain(id);
  expect(shown['_entities']).toEqual([{ name: expect.any(String) }, { sku }, { sku }, null]);
});

test('what is no longer sold is not found, but an order that points to it still shows it', async () => {
  const { product } = await addProduct(catalog);
  const update = mutation('updateProduct', 'UpdateProductInput', 'product { status version }');
  const { updateProduct } = await catalog.data(
    update,
    { input: { id: product?.['id'], expectedVersion: 1, status: 'DISCONTINUED' } },
    staff(),
  );
  expect(updateProduct).toEqual({ product: { status: 'DISCONTINUED', version: 2 }, userErrors: [] });
  const answer = await catalog.data(
    'query ($id: ID, $keys: [_Any!]!) { product(id: $id) { id } _entities(representations: $keys) { ... on Product { id } } }',
    { id: product?.['id'], keys: [{ __typename: 'Product', id: product?.['id'] }] },
  );
  expect(answer).toEqual({ product: null, _entities: [{ id: product?.['id'] }] });
});

test('a repeat and twins with one key add one product; the key with other input is an error', async () => {
  const input = productInput({ name: `Twin ${randomUUID()}` });
  const caller = staff();
  const ask = (): Promise<Answer> => catalog.data(create, { input }, caller);
  const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
  const ids = new Set(answers.map((answer) => answer['createProduct']?.['product']?.['id']));
  expect(ids.size).toBe(1);
  const listed = await catalog.data(
    'query ($handle: String) { product(handle: $handle) { variants { id } } }',
    { handle: answers[0]?.['createProduct']?.['product']?.['handle'] },
  );
  expect(listed['product']?.['variants']).toHaveLength(1);
  await expect(catalog.data(create, { input: { ...input, name: 'Other' } }, caller)).rejects.toMatchObject({
    extensions: { code: 'IDEMPOTENCY_KEY_REUSED' },
  });
});

test('wrong input is refused with all that is wrong, and nothing is added', async () => {
  const name = `Wrong ${randomUUID()}`;
  const refused = await addProduct(catalog, {
    name,
    brandId: catalog.parts.newId(),
    categoryId: 'no id',
  });
  expect(refused).toEqual({
    product: null,
    userErrors: [
      { __typename: 'NotFoundError', code: 'NOT_FOUND', field: ['brandId'] },
      { __typename: 'NotFoundError', code: 'NOT_FOUND', field: ['categoryId'] },
    ],
  });
  const option = (value: string) => [{ name: 'Size', value }];
  const { userErrors } = await addProduct(catalog, {
    name,
    handle: 'Not A Handle',
    attributes: [{ name: 'Height', type: 'NUMBER', value: 'tall' }],
    variants: [
      { sku: 'no good', selectedOptions: option('S') },
      { selectedOptions: option('s'), prices: [{ currencyCode: 'EUR', regular: '5', sale: '5' }] },
      { weightGrams: -1, prices: [{ currencyCode: 'JPY', regular: '1.5' }] },
    ],
  });
  expect((userErrors as unknown as { field: string[] }[]).map(({ field }) => field.join('.'))).toEqual([
    'handle',
    'attributes.0.value',
    'variants.0.sku',
    'variants.1.prices.0.sale',
    'variants.1.selectedOptions',
    'variants.2.weightGrams',
    'variants.2.prices.0.regular',
    'variants.2.selectedOptions',
  ]);
  const { products } = await catalog.data('{ products(first: 100) { nodes { name } } }', {}, staff());
  expect(JSON.stringify(products)).not.toContain(name);
});

test('a handle that was given must be free; one that is made gets a tail', async () => {
  const name = `Same ${randomUUID()}`;
  const first = await addProduct(catalog, { name });
  const handle = first['product']?.['handle'] as unknown as string;
  const second = await addProduct(catalog, { name });
  expect(second['product']?.['handle']).toMatch(new RegExp(`^${handle}-[0-9a-z]{5}$`));
  const third = await addProduct(catalog, { name, handle });
  expect(third).toMatchObject({ product: null, userErrors: [{ code: 'HANDLE_TAKEN', field: ['handle'] }] });
});

test('an update with an old version is refused and changes nothing', async () => {
  const { product } = await addProduct(catalog, { name: 'Before' });
  const id = product?.['id'];
  const update = mutation('updateProduct', 'UpdateProductInput', 'product { name version }');
  const write = (expectedVersion: number, changes: object): Promise<Answer> =>
    catalog.data(update, { input: { id, expectedVersion, ...changes } }, staff());
  const both = await Promise.all([write(1, { name: 'A' }), write(1, { name: 'B' })]);
  const codes = both.map((answer) => answer['updateProduct']?.['userErrors']?.[0]?.['code'] ?? 'done').sort();
  expect(codes).toEqual(['VERSION_CONFLICT', 'done']);
  const refused = await write(2, { name: '' });
  expect(refused['updateProduct']?.['userErrors']?.[0]).toMatchObject({ code: 'INVALID_INPUT' });
  const { product: now } = await catalog.data('query ($id: ID) { product(id: $id) { name version } }', {
    id,
  });
  expect(['A', 'B']).toContain(now?.['name']);
  expect(now?.['version']).toBe(2);
});

test('visitors, guests and customers may not write', async () => {
  for (const [caller, code] of [
    [anonymousCaller(), 'UNAUTHENTICATED'],
    [guestCaller(), 'FORBIDDEN'],
    [userCaller(), 'FORBIDDEN'],
  ] as const) {
    const { data, errors } = await catalog.run(create, { input: productInput() }, caller);
    expect([data, errors?.[0]?.extensions['code']]).toEqual([null, code]);
  }
});

test('products are paged by age and by name, in a category with all below it, and of a brand', async () => {
  const [brandId, root] = [
    await addBrand(`Paged ${randomUUID()}`),
    await addCategory(`Root ${randomUUID()}`),
  ];
  const leaf = await addCategory(`Leaf ${randomUUID()}`, root);
  const names = ['Cup', 'apple', 'Bowl', 'dish', 'Ewer'];
  for (const [i, name] of names.entries())
    await addProduct(catalog, { name, brandId, categoryId: i % 2 ? root : leaf });
  await addProduct(catalog, { name: 'Foreign' });

  const query = `query ($filter: ProductFilter, $sort: ProductSort!, $after: String) {
    products(filter: $filter, sort: $sort, first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }`;
  const all = async (filter: object, sort: string): Promise<string[]> => {
    const found: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < 5; page += 1) {
      const { products }: Answer = await catalog.data(query, { filter, sort, after });
      found.push(...(products?.['nodes'] as unknown as { name: string }[]).map((node) => node.name));
      if (!products?.['pageInfo']?.['hasNextPage']) break;
      after = products['pageInfo']['endCursor'] as unknown as string;
    }
    return found;
  };
  expect(await all({ brandId }, 'NEWEST')).toEqual(['Ewer', 'dish', 'Bowl', 'apple', 'Cup']);
  expect(await all({ brandId }, 'NAME_ASC')).toEqual(['apple', 'Bowl', 'Cup', 'dish', 'Ewer']);
  expect(await all({ categoryId: root }, 'NAME_DESC')).toEqual(['Ewer', 'dish', 'Cup', 'Bowl', 'apple']);
  expect(await all({ categoryId: leaf }, 'NAME_ASC')).toEqual(['Bowl', 'Cup', 'Ewer']);
  expect(await all({ categoryId: 'no id' }, 'NEWEST')).toEqual([]);
  expect(await all({ brandId, status: 'DRAFT' }, 'NEWEST')).toEqual([]);
  const forged = Buffer.from('["no id"]').toString('base64url');
  for (const parameters of ['first: 101', 'first: 0', 'after: "?"', `after: "${forged}"`]) {
    const { errors } = await catalog.run(`{ products(${parameters}) { nodes { id } } }`);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  }
});

/** How many statements `query` costs. */
async function costOf(query: string, variables: Record<string, unknown> = {}): Promise<number> {
  const stop = recordStatements();
  try {
    await catalog.data(query, variables, serviceCaller('test', 'test'));
  } finally {
    stop();
  }
  return stop().length;
}

test('a page costs the same statements for one product as for many, at any depth', async () => {
  const brandId = await addBrand(`Costs ${randomUUID()}`);
  const parent = await addCategory(`Above ${randomUUID()}`);
  const categoryId = await addCategory(`Costs ${randomUUID()}`, parent);
  const page = `query ($brandId: ID) { products(first: 24, filter: { brandId: $brandId }) { nodes {
    name images { url } brand { name } category { name parent { name } ancestors { name } children { name } products(first: 3) { nodes { name } } }
    variants { sku price { current { amount } } product { name } } priceRange { min { amount } } reviews(first: 2) { nodes { rating } } } } }`;
  await addProduct(catalog, { brandId, categoryId });
  const one = await costOf(page, { brandId });
  for (let i = 0; i < 24; i += 1) await addProduct(catalog, { brandId, categoryId });
  expect(await costOf(page, { brandId })).toBe(one);
  // products; brands; categories, those above, those below, products in them; variants, their products; reviews
  expect(one).toBe(9);
  const plain = `query ($brandId: ID) { products(first: 24, filter: { brandId: $brandId }) { nodes {
    name images { url } brand { name } category { name } variants { sku price { current { amount } } } } } }`;
  expect(await costOf(plain, { brandId })).toBe(4);
});

test('staff list dead letters and retry them; others may not', async () => {
  const list = '{ catalogDeadLetters(first: 5) { nodes { id } pageInfo { hasNextPage } } }';
  const retry =
    'mutation { retryCatalogDeadLetters(input: { ids: ["search:none"] }) { retriedIds userErrors { code } } }';
  const admin = staffCaller('admin');
  expect(await catalog.data(list, {}, admin)).toEqual({
    catalogDeadLetters: { nodes: [], pageInfo: { hasNextPage: false } },
  });
  expect(await catalog.data(retry, {}, admin)).toEqual({
    retryCatalogDeadLetters: { retriedIds: [], userErrors: [] },
  });
  for (const text of [list, retry]) {
    const { errors } = await catalog.run(text, {}, staff());
    expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  }
});
