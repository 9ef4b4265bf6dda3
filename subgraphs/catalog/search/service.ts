import { badInput } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { fromDecimal, money, type Money } from '../../shared/money.js';
import { pageOf, connectionOf, type Connection, type PageArguments } from '../../shared/pages.js';
import type { Brand } from '../brand/rules.js';
import type { Category } from '../category/rules.js';
import { categoryWithDescendants } from '../category/service.js';
import type { Context } from '../context.js';
import type { Product } from '../product/rules.js';
import type { SearchEngine } from './engine.js';
import { IndexMissing } from './opensearch.js';
import { createPostgresEngine } from './postgres.js';
import {
  beginning,
  cursorOf,
  keyOf,
  parseQuery,
  priceLimits,
  sortFor,
  startOf,
  type Bucket,
  type EngineName,
  type SearchDocument,
  type SearchRequest,
  type SearchSort,
} from './rules.js';
import { fingerprint, listProductIds, readDocuments } from './store.js';

export interface SearchParameters extends PageArguments {
  query: string;
  filters?:
    | {
        categoryId?: string | null | undefined;
        brandIds?: string[] | null | undefined;
        priceMin?: string | null | undefined;
        priceMax?: string | null | undefined;
      }
    | null
    | undefined;
  sort: SearchSort;
}

export interface PriceBucket {
  min: Money;
  max: Money | null;
  count: number;
}

export interface Found extends Connection<Product> {
  totalCount: number;
  facets: { categories: Bucket[]; brands: Bucket[]; prices: PriceBucket[] };
  tookMs: number;
}

/**
 * Asks OpenSearch where the shop has it, and Postgres where it has not or where OpenSearch fails. A list that Postgres has
 * begun it goes on with, also when OpenSearch is there again: each orders by a relevance of its own.
 */
async function ask<T>(
  ctx: Context,
  question: (engine: SearchEngine) => Promise<T>,
  begunBy: EngineName | null = null,
): Promise<T> {
  if (ctx.openSearch && begunBy !== 'POSTGRES') {
    try {
      return await question(ctx.openSearch);
    } catch (error) {
      ctx.log.warn({ err: error }, 'OpenSearch did not answer; Postgres does');
    }
  }
  return question(createPostgresEngine(ctx.db));
}

function amountOf(decimal: string | null | undefined, currencyCode: string, field: string): bigint | null {
  if (decimal == null) return null;
  const amount = fromDecimal(decimal, currencyCode);
  if (amount === null || amount < 0n)
    throw badInput(`${decimal} is no price in ${currencyCode}.`, ['filters', field]);
  return amount;
}

/** What is asked, but for where the page begins: that depends on the engine. */
async function requestOf(ctx: Context, parameters: SearchParameters): Promise<Omit<SearchRequest, 'skip'>> {
  const { filters } = parameters;
  const query = parseQuery(parameters.query);
  const sort = sortFor(query, parameters.sort);
  if ((filters?.brandIds?.length ?? 0) > 50) throw badInput('At most 50 brands.', ['filters', 'brandIds']);
  return {
    query,
    sort,
    categoryIds: filters?.categoryId == null ? null : await categoryWithDescendants(ctx, filters.categoryId),
    brandIds: filters?.brandIds?.filter(isId) ?? null,
    currencyCode: ctx.currencyCode,
    priceMin: amountOf(filters?.priceMin, ctx.currencyCode, 'priceMin'),
    priceMax: amountOf(filters?.priceMax, ctx.currencyCode, 'priceMax'),
    page: pageOf(parameters, keyOf(sort)),
    priceLimits: priceLimits(ctx.currencyCode),
  };
}

const priceBuckets = (
  counts: readonly number[],
  { priceLimits, currencyCode }: Pick<SearchRequest, 'priceLimits' | 'currencyCode'>,
): PriceBucket[] =>
  counts.flatMap((count, i) => {
    const max = priceLimits[i];
    const min = money(priceLimits[i - 1] ?? 0n, currencyCode);
    return count === 0 ? [] : [{ min, max: max === undefined ? null : money(max, currencyCode), count }];
  });

/** Searches products on sale. */
export async function searchProducts(ctx: Context, parameters: SearchParameters): Promise<Found> {
  const began = performance.now();
  const request = await requestOf(ctx, parameters);
  const { sort, page } = request;
  const start = startOf(sort, page.after);
  const { result, cursors } = await ask(
    ctx,
    async (engine) => {
      const { after, skip } = beginning(start, engine.name);
      const result = await engine.search({ ...request, page: { limit: page.limit, after }, skip });
      const cursors = new Map(
        result.hits.map((hit, i) => [hit.id, cursorOf(sort, engine.name, start, hit, i)]),
      );
      return { result, cursors };
    },
    start.engine,
  );
  const tookMs = Math.round(performance.now() - began);
  const products = await Promise.all(result.hits.map(({ id }) => ctx.loaders.productById.load(id)));
  const rows = products.filter((product): product is Product => product !== null);
  return {
    ...connectionOf(rows, page, ({ id }) => cursors.get(id) ?? []),
    totalCount: result.total,
    facets: {
      categories: result.categories,
      brands: result.brands,
      prices: priceBuckets(result.prices, request),
    },
    tookMs,
  };
}

/** Names of products for a search box. */
export async function searchSuggestions(
  ctx: Context,
  { prefix, first }: { prefix: string; first: number },
): Promise<string[]> {
  if (first < 1 || first > 20) throw badInput(`first must be 1 to 20, not ${first}.`, ['first']);
  const text = parseQuery(prefix);
  if (text === '' || text.length > 100) throw badInput('A prefix has 1 to 100 characters.', ['prefix']);
  return ask(ctx, (engine) => engine.suggest(text, first));
}

const documentsOf = (ctx: Context, productIds: readonly string[]): Promise<SearchDocument[]> =>
  readDocuments(ctx.db, [...new Set(productIds)]);

/** Makes the products' documents anew in Postgres. */
export const indexInPostgres = async (ctx: Context, productIds: readonly string[]): Promise<void> =>
  createPostgresEngine(ctx.db).index(await documentsOf(ctx, productIds));

/** Makes the products' documents anew in OpenSearch, if the shop has it; all of them when the index has been lost. */
export async function indexInOpenSearch(ctx: Context, productIds: readonly string[]): Promise<void> {
  try {
    await ctx.openSearch?.index(await documentsOf(ctx, productIds));
  } catch (error) {
    if (!(error instanceof IndexMissing)) throw error;
    await refreshOpenSearch(ctx);
  }
}

const productsAtOnce = 500;

/** Brings OpenSearch to what the database has: its index was lost, is new, or has missed changes while it was off. */
export async function refreshOpenSearch(ctx: Context): Promise<void> {
  const { openSearch } = ctx;
  if (!openSearch) return;
  const [wanted, present] = await Promise.all([fingerprint(ctx.db), openSearch.fingerprint()]);
  if (present?.count === wanted.count && present.revisions === wanted.revisions) return;
  const writeAll = async (write: SearchEngine['index']): Promise<void> => {
    let after: string | null = null;
    for (;;) {
      const ids = await listProductIds(ctx.db, after, productsAtOnce);
      await write(await documentsOf(ctx, ids));
      after = ids.at(-1) ?? null;
      if (ids.length < productsAtOnce) return;
    }
  };
  if (present) return writeAll((documents) => openSearch.index(documents));
  await openSearch.rebuild(ctx.newId(), writeAll);
  // What changed while it was built may have gone to the index that another process had just built.
  await refreshOpenSearch(ctx);
}

/** The brand of a facet; brands are never removed. */
export async function brandOfFacet(ctx: Context, id: string): Promise<Brand> {
  const brand = await ctx.loaders.brandById.load(id);
  if (!brand) throw new Error(`brand ${id} is gone`);
  return brand;
}

/** The category of a facet; categories are never removed. */
export async function categoryOfFacet(ctx: Context, id: string): Promise<Category> {
  const category = await ctx.loaders.categoryById.load(id);
  if (!category) throw new Error(`category ${id} is gone`);
  return category;
}
