import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { openDatabase } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { createContext } from '../context.js';
import { serviceCaller } from '../../shared/caller.js';
import { createOpenSearchEngine, IndexMissing } from '../search/opensearch.js';
import { indexInOpenSearch, refreshOpenSearch } from '../search/service.js';
import { newTail } from '../sku/service.js';
import { readDocuments } from '../search/store.js';
import { addProduct, createTestCatalog, staff, type Answer, type TestCatalog } from './catalog.js';
import { eventually } from '../../../tests/testkit/eventually.js';

const openSearchUrl = process.env['OPENSEARCH_URL'];

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog({ events: true });
  if (!openSearchUrl) return;
  // Until its index is there Postgres answers, with cursors of its own.
  const engine = createOpenSearchEngine({ url: openSearchUrl, prefix: catalog.parts.config.prefix });
  await eventually(
    () => engine.fingerprint(),
    (fingerprint) => fingerprint !== null,
  );
  await engine.close();
});
afterAll(() => catalog.close());

const search = `query ($query: String!, $filters: ProductSearchFilters, $sort: ProductSearchSort!, $first: Int, $after: String) {
  searchProducts(query: $query, filters: $filters, sort: $sort, first: $first, after: $after) {
    totalCount tookMs nodes { id name } pageInfo { hasNextPage endCursor }
    facets { brands { brand { name } count } categories { category { name } count } prices { min { amount } max { amount } count } } } }`;
const find = async (query: string, more: object = {}): Promise<Answer> => {
  const { searchProducts } = await catalog.data(search, { query, sort: 'RELEVANCE', ...more });
  return searchProducts as unknown as Answer;
};
const total = (count: number) => (found: Answer) => found['totalCount'] === (count as unknown);

test('search follows a product: added, its price changed, taken off sale', async () => {
  const word = `w${randomUUID().replaceAll('-', '')}`;
  const { createBrand } = await catalog.data(
    'mutation ($key: ID!, $name: String!) { createBrand(input: { idempotencyKey: $key, name: $name }) { brand { id } } }',
    { key: randomUUID(), name: `Brand ${word}` },
    staff(),
  );
  const brandId = createBrand?.['brand']?.['id'];
  const { product } = await addProduct(catalog, { name: `Lantern ${word}`, brandId });
  await addProduct(catalog, { name: `Draft ${word}`, status: 'DRAFT' });
  const found = await eventually(() => find(word), total(1));
  expect(found).toMatchObject({
    nodes: [{ id: product?.['id'], name: `Lantern ${word}` }],
    pageInfo: { hasNextPage: false },
    facets: {
      brands: [{ brand: { name: `Brand ${word}` }, count: 1 }],
      categories: [],
      prices: [{ min: { amount: '10.00' }, max: { amount: '25.00' }, count: 1 }],
    },
  });
  expect(found['tookMs']).toBeGreaterThanOrEqual(0);

  await catalog.data(
    'mutation ($prices: [VariantPriceInput!]!) { setVariantPrices(input: { prices: $prices }) { userErrors { code } } }',
    { prices: [{ variantId: product?.['variants']?.[0]?.['id'], currencyCode: 'EUR', regular: '2000.00' }] },
    staff(),
  );
  const dear = await eventually(() => find(word, { filters: { priceMin: '1999.99' } }), total(1));
  expect(dear['facets']?.['prices']).toEqual([{ min: { amount: '1000.00' }, max: null, count: 1 }]);

  await catalog.data(
    'mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { userErrors { code } } }',
    { input: { id: product?.['id'], expectedVersion: 1, status: 'INACTIVE' } },
    staff(),
  );
  await eventually(() => find(word), total(0));
});

test('pages go on where the last one ended, and a cursor of another list is refused', async () => {
  const word = `p${randomUUID().replaceAll('-', '')}`;
  for (const name of ['A', 'B', 'C']) await addProduct(catalog, { name: `${name} ${word}` });
  await eventually(() => find(word), total(3));
  const parameters = { sort: 'NAME_DESC', first: 2 };
  const first = await find(word, parameters);
  const after = first['pageInfo']?.['endCursor'];
  const second = await find(word, { ...parameters, after });
  const names = [...(first['nodes'] as unknown as Answer[]), ...(second['nodes'] as unknown as Answer[])];
  expect(names.map((node) => node['name'])).toEqual([`C ${word}`, `B ${word}`, `A ${word}`]);
  expect(second['pageInfo']).toMatchObject({ hasNextPage: false });
  for (const sort of ['NEWEST', 'PRICE_ASC', 'PRICE_DESC', 'RATING', 'RELEVANCE']) {
    const { errors } = await catalog.run(search, { query: word, sort, after }, anonymousCaller());
    expect([sort, errors?.[0]?.extensions['code']]).toEqual([sort, 'BAD_USER_INPUT']);
  }
  for (const sort of ['PRICE_ASC', 'PRICE_DESC', 'RATING', 'RELEVANCE', 'NEWEST', 'NAME_ASC']) {
    const page = await find(word, { sort, first: 2 });
    const rest = await find(word, { sort, first: 2, after: page['pageInfo']?.['endCursor'] });
    expect([sort, rest['nodes']]).toEqual([sort, [expect.anything()]]);
  }
});

test('the index of search takes the same event twice, and what is told of only once is there once', async () => {
  const word = `t${randomUUID().replaceAll('-', '')}`;
  const { product } = await addProduct(catalog, { name: word });
  await eventually(() => find(word), total(1));
  const database = openDatabase({
    url: catalog.parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: () => {},
  });
  try {
    const again = await database.pool.query(
      `UPDATE inbox SET done_at = NULL WHERE payload ->> 'productId' = $1`,
      [product?.['id']],
    );
    // search and opensearch by ProductChanged and PriceChanged, live by PriceChanged
    expect(again.rowCount).toBe(openSearchUrl ? 5 : 3);
    await eventually(
      () =>
        database.pool.query<{ open: number }>(
          `SELECT count(*)::int AS open FROM inbox WHERE done_at IS NULL AND payload ->> 'productId' = $1`,
          [product?.['id']],
        ),
      ({ rows }) => rows[0]?.open === 0,
    );
    const { rows } = await database.pool.query('SELECT attempts FROM inbox WHERE attempts > 0');
    expect(rows).toEqual([]);
  } finally {
    await database.close();
  }
  expect(await find(word)).toMatchObject({ totalCount: 1, nodes: [{ id: product?.['id'] }] });
});

test('what cannot be searched for is an error of the client', async () => {
  for (const variables of [
    { query: 'x'.repeat(201), sort: 'RELEVANCE' },
    { query: '', sort: 'RELEVANCE', filters: { priceMin: '-1' } },
    { query: '', sort: 'RELEVANCE', filters: { priceMax: '0.001' } },
    { query: '', sort: 'RELEVANCE', first: 0 },
  ]) {
    const { errors } = await catalog.run(search, variables);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  }
  for (const variables of [{ prefix: ' ' }, { prefix: 'a', first: 21 }]) {
    const query =
      'query ($prefix: String!, $first: Int! = 8) { searchSuggestions(prefix: $prefix, first: $first) }';
    const { errors } = await catalog.run(query, variables);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  }
  const unknown = await find('', { filters: { categoryId: 'no id', brandIds: ['no id'] } });
  expect(unknown['totalCount']).toBe(0);
});

test('while OpenSearch is down, Postgres answers', async () => {
  const down = await createTestCatalog({ events: true, env: { OPENSEARCH_URL: 'http://127.0.0.1:1' } });
  try {
    await addProduct(down, { name: 'Zither' });
    const answer = await eventually(
      () =>
        down.data('{ searchProducts(query: "zither") { nodes { name } } searchSuggestions(prefix: "zi") }'),
      // Indexed between the two fields, only the later one has it.
      (data) => JSON.stringify(data).split('Zither').length === 3,
    );
    expect(answer).toEqual({
      searchProducts: { nodes: [{ name: 'Zither' }] },
      searchSuggestions: ['Zither'],
    });
  } finally {
    await down.close();
  }
});

if (openSearchUrl) {
  test('OpenSearch is filled when its index is missing, and brought up to date when it has missed changes', async () => {
    const quiet = await createTestCatalog();
    const database = openDatabase({
      url: quiet.parts.databaseUrl('catalog'),
      schema: 'catalog',
      onError: () => {},
    });
    const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
    const options = { url: openSearchUrl, prefix: quiet.parts.config.prefix, waitForRefresh: true };
    const openSearch = createOpenSearchEngine(options);
    const ctx = createContext({ ...quiet.parts, db, newTail, openSearch }, serviceCaller('catalog', 'test'));
    const suggest = (prefix: string): Promise<string[]> => openSearch.suggest(prefix, 20);
    const ids: string[] = [];
    const add = async (name: string): Promise<void> => {
      const { product } = await addProduct(quiet, { name });
      ids.push(product?.['id'] as unknown as string);
    };
    try {
      await add('Oboe');
      await add('Oud');
      expect(await openSearch.fingerprint()).toBeNull();
      await expect(openSearch.index(await readDocuments(db, ids))).rejects.toThrow(IndexMissing);
      // One is told of, all are missing.
      await indexInOpenSearch(ctx, ids.slice(0, 1));
      expect(await suggest('o')).toEqual(['Oud', 'Oboe']);

      await openSearch.drop();
      await add('Ocarina');
      await refreshOpenSearch(ctx);
      expect(await suggest('o')).toEqual(['Oud', 'Oboe', 'Ocarina']);

      await database.pool.query(`UPDATE product SET name = 'Organ', revision = revision + 1 WHERE id = $1`, [
        ids[0],
      ]);
      await refreshOpenSearch(ctx);
      expect(await suggest('o')).toEqual(['Oud', 'Organ', 'Ocarina']);

      // Another index in the place of the present one: readers never see a half-filled one.
      await openSearch.rebuild('other', async (write) => {
        await write(await readDocuments(db, ids.slice(1)));
        expect(await suggest('o')).toHaveLength(3);
      });
      expect(await suggest('o')).toEqual(['Oud', 'Ocarina']);
    } finally {
      await openSearch.drop();
      await openSearch.close();
      await db.$disconnect();
      await database.close();
      await quiet.close();
    }
  });
}
