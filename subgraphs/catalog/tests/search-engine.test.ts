/** The contract of search, on every engine there is: Postgres always, OpenSearch where OPENSEARCH_URL is set. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openDatabase, type Database } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { newId } from '../../shared/ids.js';
import { createTestDatabase } from '../../../tests/testkit/server.js';
import { PrismaClient } from '../prisma.generated/client.js';
import type { SearchEngine } from '../search/engine.js';
import { createOpenSearchEngine, type OpenSearchEngine } from '../search/opensearch.js';
import { createPostgresEngine } from '../search/postgres.js';
import type { SearchDocument, SearchRequest, SearchResult, SearchSort } from '../search/rules.js';

const openSearchUrl = process.env['OPENSEARCH_URL'];
const engineNames = ['Postgres', ...(openSearchUrl ? ['OpenSearch'] : [])];

const [lamps, garden, nordlicht, glimmer] = [newId(), newId(), newId(), newId()];

const documentOf = (name: string, facts: Partial<SearchDocument> = {}): SearchDocument => ({
  id: newId(),
  revision: 1,
  listed: true,
  name,
  sortName: name.toLowerCase(),
  brandName: null,
  categoryName: null,
  skus: [`SKU-${randomUUID().slice(0, 8).toUpperCase()}`],
  facts: [],
  description: '',
  brandId: null,
  categoryId: null,
  prices: {},
  rating: 0,
  ...facts,
});

const north = { brandId: nordlicht, brandName: 'Nordlicht' };
const glim = { brandId: glimmer, brandName: 'Glimmer' };
const inLamps = { categoryId: lamps, categoryName: 'Lighting' };
const inGarden = { categoryId: garden, categoryName: 'Garden' };
/** From the oldest to the newest. */
const documents = {
  brass: documentOf('Brass lantern', {
    ...north,
    ...inLamps,
    prices: { EUR: 4990, JPY: 8000 },
    rating: 4.5,
    skus: ['NORD-BL-1'],
  }),
  tin: documentOf('tin lantern', {
    ...glim,
    ...inLamps,
    prices: { EUR: 999 },
    rating: 3,
    facts: ['Verdigris'],
  }),
  star: documentOf('Star lanterns, set of three', { ...glim, ...inGarden, prices: { EUR: 2500 }, rating: 5 }),
  ring: documentOf('Keyring', {
    ...north,
    prices: { EUR: 500 },
    description: 'Never lose a whatchamacallit',
  }),
  purse: documentOf('Purse', { ...inGarden, rating: 4.5 }),
  secret: documentOf('Secret lantern', { ...north, ...inLamps, prices: { EUR: 100 }, listed: false }),
};
const nameOf = new Map(Object.entries(documents).map(([name, { id }]) => [id, name]));
const names = ({ hits }: SearchResult): string[] => hits.map(({ id }) => nameOf.get(id) ?? id);

const request = (query: string, changes: Partial<SearchRequest> = {}): SearchRequest => ({
  query,
  categoryIds: null,
  brandIds: null,
  currencyCode: 'EUR',
  priceMin: null,
  priceMax: null,
  sort: query === '' ? 'NEWEST' : 'RELEVANCE',
  page: { limit: 100, after: null },
  skip: 0,
  priceLimits: [1000n, 2500n],
  ...changes,
});

describe.each(engineNames)('%s', (engineName) => {
  let database: Database;
  let db: PrismaClient;
  let openSearch: OpenSearchEngine | undefined;
  let engine: SearchEngine;

  /** Documents belong to products. */
  const take = async (...news: SearchDocument[]): Promise<void> => {
    await database.pool.query(
      `INSERT INTO product (id, handle, name, status, tax_category, created_at, updated_at)
       SELECT id, id::text, 'Any', 'ACTIVE', 'STANDARD', '2026-01-01', '2026-01-01' FROM unnest($1::uuid[]) AS n(id)
       ON CONFLICT DO NOTHING`,
      [news.map(({ id }) => id)],
    );
    await engine.index(news);
  };
  const find = async (...parameters: Parameters<typeof request>): Promise<string[]> =>
    names(await engine.search(request(...parameters)));

  beforeAll(async () => {
    const { urls } = await createTestDatabase();
    database = openDatabase({ url: urls.catalog, schema: 'catalog', onError: () => {} });
    db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
    engine = createPostgresEngine(db);
    if (engineName === 'OpenSearch' && openSearchUrl) {
      openSearch = createOpenSearchEngine({
        url: openSearchUrl,
        prefix: `hanse-test-${randomUUID()}`,
        waitForRefresh: true,
      });
      await openSearch.rebuild(newId(), async () => {});
      engine = openSearch;
    }
    await take(...Object.values(documents));
  });
  afterAll(async () => {
    await openSearch?.drop();
    await openSearch?.close();
    await db.$disconnect();
    await database.close();
  });

  test('finds by name, brand, category, fact, description and SKU, whatever the letters are', async () => {
    expect((await find('LANTERN')).sort()).toEqual(['brass', 'star', 'tin']);
    expect((await find('nordlicht')).sort()).toEqual(['brass', 'ring']);
    expect((await find('lighting')).sort()).toEqual(['brass', 'tin']);
    expect(await find('verdigris')).toEqual(['tin']);
    expect(await find('whatchamacallit')).toEqual(['ring']);
    expect(await find('nord-bl-1')).toEqual(expect.arrayContaining(['brass']));
    expect((await find('nord-bl-1'))[0]).toBe('brass');
    expect(await find('zzzz')).toEqual([]);
  });

  test('finds other forms of a word, misspelt ones and parts of compounds', async () => {
    expect(await find('purses')).toEqual(['purse']);
    expect((await find('latern')).sort()).toEqual(['brass', 'star', 'tin']);
    expect((await find('key ring'))[0]).toBe('ring');
    expect((await find('brass lantern'))[0]).toBe('brass');
    expect((await find('glimmmer')).sort()).toEqual(['star', 'tin']);
  });

  test('takes whatever is typed as text', async () => {
    for (const odd of [
      `'`,
      `lantern' | !`,
      '(:*&',
      '"',
      '\\',
      'lantern:*',
      '+-',
      'a/b',
      '<->',
      '日本',
      '[a-z]{2}',
    ])
      expect(Array.isArray(await find(odd))).toBe(true);
    expect((await find(`lantern' & !`)).sort()).toEqual(['brass', 'star', 'tin']);
  });

  test('filters, and counts what is found', async () => {
    expect(await find('', { categoryIds: [lamps] })).toEqual(['tin', 'brass']);
    expect(await find('', { categoryIds: [lamps, garden], brandIds: [glimmer] })).toEqual(['star', 'tin']);
    expect(await find('', { categoryIds: [] })).toEqual([]);
    expect(await find('', { priceMin: 999n, priceMax: 2500n })).toEqual(['star', 'tin']);
    expect(await find('', { priceMin: 1000n })).toEqual(['star', 'brass']);
    expect(await find('', { priceMax: 998n })).toEqual(['ring']);
    expect(await find('', { priceMin: 1n, currencyCode: 'JPY' })).toEqual(['brass']);
    expect(await find('', { priceMin: 1n, currencyCode: 'CHF' })).toEqual([]);
    const two = await engine.search(request('lantern', { page: { limit: 1, after: null } }));
    expect([two.total, two.hits.length]).toEqual([3, 2]);
  });

  test('each facet leaves out the filter of its own kind', async () => {
    const all = await engine.search(request(''));
    const byCount = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect([...all.brands].sort(byCount)).toEqual(
      [
        { id: nordlicht, count: 2 },
        { id: glimmer, count: 2 },
      ].sort(byCount),
    );
    expect(all.prices).toEqual([2, 0, 2]);
    const some = await engine.search(
      request('', { brandIds: [glimmer], categoryIds: [lamps, garden], priceMin: 900n, priceMax: 2499n }),
    );
    expect(names(some)).toEqual(['tin']);
    expect(some.brands).toEqual([{ id: glimmer, count: 1 }]);
    expect([...some.categories].sort(byCount)).toEqual([{ id: lamps, count: 1 }].sort(byCount));
    expect(some.prices).toEqual([1, 0, 1]);
    const wide = await engine.search(request('', { brandIds: [glimmer], categoryIds: [lamps] }));
    expect(wide.brands).toEqual(
      [
        { id: nordlicht, count: 1 },
        { id: glimmer, count: 1 },
      ].sort(byCount),
    );
    expect([...wide.categories].sort(byCount)).toEqual(
      [
        { id: lamps, count: 1 },
        { id: garden, count: 1 },
      ].sort(byCount),
    );
  });

  test.each<[SearchSort, string[]]>([
    ['NEWEST', ['purse', 'ring', 'star', 'tin', 'brass']],
    ['NAME_ASC', ['brass', 'ring', 'purse', 'star', 'tin']],
    ['NAME_DESC', ['tin', 'star', 'purse', 'ring', 'brass']],
    ['PRICE_ASC', ['ring', 'tin', 'star', 'brass', 'purse']],
    ['PRICE_DESC', ['brass', 'star', 'tin', 'ring', 'purse']],
    ['RATING', ['star', 'purse', 'brass', 'tin', 'ring']],
  ])('sorts by %s, and pages through without a gap or a repeat', async (sort, order) => {
    expect(await find('', { sort })).toEqual(order);
    const paged: string[] = [];
    let after: string[] | null = null;
    for (let page = 0; page < 10; page += 1) {
      const result: SearchResult = await engine.search(request('', { sort, page: { limit: 2, after } }));
      expect(result.total).toBe(5);
      const shown = result.hits.slice(0, 2);
      paged.push(...names({ ...result, hits: shown }));
      if (result.hits.length <= 2) break;
      after = shown.at(-1)?.key ?? null;
    }
    expect(paged).toEqual(order);
  });

  test('pages through the best matches in the order of the whole list', async () => {
    const whole = await find('brass lantern');
    expect(whole.length).toBeGreaterThan(2);
    const paged: string[] = [];
    let after: string[] | null = null;
    for (let page = 0; page < 10; page += 1) {
      const result: SearchResult = await engine.search(
        request('brass lantern', { page: { limit: 1, after } }),
      );
      paged.push(...names({ ...result, hits: result.hits.slice(0, 1) }));
      if (result.hits.length <= 1) break;
      after = result.hits[0]?.key ?? null;
    }
    expect(paged).toEqual(whole);
  });

  test('begins behind as many hits as another engine has shown', async () => {
    const whole = await find('brass lantern');
    expect(await find('brass lantern', { skip: 1 })).toEqual(whole.slice(1));
    expect(await find('brass lantern', { skip: 1, page: { limit: 1, after: null } })).toEqual(
      whole.slice(1, 3),
    );
    expect(await find('', { sort: 'NAME_ASC', skip: 4 })).toEqual(['tin']);
    expect(await find('brass lantern', { skip: 100 })).toEqual([]);
  });

  test.each<[SearchSort, string[]]>([
    ['NAME_ASC', ['brass lantern', 'keyring', 'purse', 'star lanterns, set of three', 'tin lantern']],
    ['PRICE_ASC', ['500', '999', '2500', '4990', '1000000000000000']],
    ['PRICE_DESC', ['4990', '2500', '999', '500', '-1']],
    ['RATING', ['5', '4.5', '4.5', '3', '0']],
  ])('the key of %s is one that the other engine can go on from', async (sort, values) => {
    const { hits } = await engine.search(request('', { sort }));
    expect(hits.map(({ id, key }) => [key[0], key[1] === id])).toEqual(values.map((value) => [value, true]));
  });

  test('an older revision never replaces a newer one, and what is no longer listed goes', async () => {
    const document = documentOf('Zither', { revision: 2 });
    const found = async (query: string): Promise<boolean> =>
      (await engine.search(request(query))).hits.some(({ id }) => id === document.id);
    await take(document);
    await take({ ...document, name: 'Balalaika', revision: 1 });
    expect([await found('zither'), await found('balalaika')]).toEqual([true, false]);
    await take({ ...document, name: 'Balalaika', revision: 3 });
    expect([await found('zither'), await found('balalaika')]).toEqual([false, true]);
    await take({ ...document, listed: false, revision: 4 });
    await take({ ...document, name: 'Balalaika', revision: 3 });
    expect(await found('balalaika')).toBe(false);
    await take();
  });

  test('suggests names with words that begin as those typed, those that begin so themselves first', async () => {
    expect(await engine.suggest('lant', 5)).toEqual([
      'tin lantern',
      'Brass lantern',
      'Star lanterns, set of three',
    ]);
    expect(await engine.suggest('BR', 5)).toEqual(['Brass lantern']);
    expect(await engine.suggest('s', 5)).toEqual(['Star lanterns, set of three']);
    expect(await engine.suggest('lantern st', 5)).toEqual(['Star lanterns, set of three']);
    expect(await engine.suggest('lant', 1)).toEqual(['tin lantern']);
    expect(await engine.suggest('antern', 5)).toEqual([]);
    expect(await engine.suggest('.*', 5)).toEqual([]);
  });
});
