/** OpenSearch goes away between two pages, and comes back: the list goes on to its end. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { serviceCaller } from '../../shared/caller.js';
import { openDatabase, type Database } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { createContext, type Context } from '../context.js';
import { PrismaClient } from '../prisma.generated/client.js';
import type { OpenSearchEngine } from '../search/opensearch.js';
import { createPostgresEngine } from '../search/postgres.js';
import type { SearchHit, SearchSort } from '../search/rules.js';
import { indexInPostgres, searchProducts } from '../search/service.js';
import { newTail } from '../sku/service.js';
import { addProduct, createTestCatalog, type TestCatalog } from './catalog.js';

let catalog: TestCatalog;
let database: Database;
let db: PrismaClient;
const word = `w${randomUUID().replaceAll('-', '')}`;
const names = [5, 4, 3, 2, 1].map((times) => Array.from({ length: times }, () => word).join(' '));
/** Whatever order Postgres gives them by relevance, that of the other engine is another. */
const otherOrder = [4, 0, 2, 1, 3].map((i) => names[i] ?? '');

let openSearchIsThere = true;
/**
 * Behind the contract: finds what Postgres finds, but its scores are small and of another order. `asked` counts the
 * answers.
 */
let asked = 0;
function fakeOpenSearch(): OpenSearchEngine {
  const postgres = createPostgresEngine(db);
  const none = async (): Promise<never> => Promise.reject(new Error('not for this test'));
  return {
    name: 'OPENSEARCH',
    index: none,
    suggest: none,
    fingerprint: none,
    rebuild: none,
    drop: none,
    close: async () => {},
    search: async (request) => {
      if (!openSearchIsThere) throw new Error('OpenSearch is away');
      asked += 1;
      if (request.sort !== 'RELEVANCE') return postgres.search(request);
      const { page, skip } = request;
      const all = await postgres.search({ ...request, page: { limit: 100, after: null }, skip: 0 });
      const found = new Map(
        (await db.product.findMany({ where: { id: { in: all.hits.map((hit) => hit.id) } } })).map((row) => [
          row.name,
          row.id,
        ]),
      );
      const ranked = otherOrder.map((name, i): SearchHit => {
        const id = found.get(name) ?? '';
        return { id, key: [String(0.001 / (i + 1)), id] };
      });
      const begin = page.after ? ranked.findIndex((hit) => hit.key[0] === page.after?.[0]) + 1 : skip;
      return { ...all, hits: ranked.slice(begin, begin + page.limit + 1) };
    },
  };
}

const contextOf = (): Context =>
  createContext(
    { ...catalog.parts, db, newTail, openSearch: fakeOpenSearch() },
    serviceCaller('catalog', 'test'),
  );

beforeAll(async () => {
  catalog = await createTestCatalog();
  database = openDatabase({
    url: catalog.parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: () => {},
  });
  db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const ids: string[] = [];
  for (const name of names) {
    const { product } = await addProduct(catalog, { name });
    ids.push(product?.['id'] as unknown as string);
  }
  await indexInPostgres(contextOf(), ids);
});
afterAll(async () => {
  await db.$disconnect();
  await database.close();
  await catalog.close();
});

/** The whole list, two at a time; `there` says of each page whether OpenSearch is there. */
async function browse(sort: SearchSort, there: boolean[]): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | null = null;
  for (const isThere of there) {
    openSearchIsThere = isThere;
    const { nodes, pageInfo, totalCount } = await searchProducts(contextOf(), {
      query: word,
      sort,
      first: 2,
      after,
    });
    expect(totalCount).toBe(5);
    expect(pageInfo.hasPreviousPage).toBe(pages.length > 0);
    pages.push(nodes.map((product) => product.name));
    after = pageInfo.endCursor;
    if (!pageInfo.hasNextPage) break;
  }
  return pages;
}

test('a list by relevance that OpenSearch began, Postgres goes on with where it was, and keeps', async () => {
  const inThrees = (order: string[]): string[][] => [order.slice(0, 2), order.slice(2, 4), order.slice(4)];
  const own = (await browse('RELEVANCE', [false, false, false])).flat();
  expect([...own].sort()).toEqual([...names].sort());
  expect(own).not.toEqual(otherOrder);
  expect(await browse('RELEVANCE', [true, true, true])).toEqual(inThrees(otherOrder));
  const switched = [otherOrder.slice(0, 2), ...inThrees(own).slice(1)];
  expect(await browse('RELEVANCE', [true, false, false])).toEqual(switched);
  expect(await browse('RELEVANCE', [true, true, false])).toEqual([
    ...inThrees(otherOrder).slice(0, 2),
    own.slice(4),
  ]);
  const before = asked;
  expect(await browse('RELEVANCE', [true, false, true])).toEqual(switched);
  expect(await browse('RELEVANCE', [false, true, true])).toEqual(inThrees(own));
  expect(asked).toBe(before + 1);
});

test.each<[SearchSort]>([['NAME_ASC'], ['NAME_DESC'], ['PRICE_ASC'], ['PRICE_DESC'], ['RATING'], ['NEWEST']])(
  'a list by %s has no gap and no repeat, whoever answers',
  async (sort) => {
    const whole = await browse(sort, [false, false, false]);
    expect(whole.flat().sort()).toEqual([...names].sort());
    for (const there of [
      [true, false, true],
      [false, true, false],
      [true, true, false],
    ])
      expect(await browse(sort, there)).toEqual(whole);
  },
);

test('a cursor of no engine, or of no position, is refused', async () => {
  const values = ['POSTGRES', '2', '0.5', catalog.parts.newId()];
  const cursorOf = (changes: Record<number, string>): string =>
    Buffer.from(JSON.stringify(Object.assign([...values], changes))).toString('base64url');
  const find = (after: string): Promise<unknown> =>
    searchProducts(contextOf(), { query: word, sort: 'RELEVANCE', after });
  await expect(find(cursorOf({}))).resolves.toMatchObject({ totalCount: 5 });
  for (const wrong of [{ 0: 'SOLR' }, { 1: '-1' }, { 1: '1.5' }, { 1: '1e3' }, { 1: '9999999999' }])
    await expect(find(cursorOf(wrong))).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});
