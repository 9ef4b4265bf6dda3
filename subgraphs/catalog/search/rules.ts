/** Search: what a document is, what is asked of an engine, how prices fall into ranges. Both engines keep to it. */
import { badInput } from '../../shared/errors.js';
import { exponentOf } from '../../shared/money.js';
import type { KeyKind, Page } from '../../shared/pages.js';

/** What search knows of a product. */
export interface SearchDocument {
  /** The product's. */
  id: string;
  /** Of the product when the document was made: an older one never replaces a newer one. */
  revision: number;
  /** Whether it is found at all: only ACTIVE products are. */
  listed: boolean;
  name: string;
  /** Lower case. */
  sortName: string;
  brandName: string | null;
  categoryName: string | null;
  skus: string[];
  /** Values of options and attributes. */
  facts: string[];
  description: string;
  brandId: string | null;
  categoryId: string | null;
  /** Lowest current price of the active variants by currency, in minor units; below 2^53 by far. */
  prices: Record<string, number>;
  /** Mean of the stars; 0 without reviews. */
  rating: number;
}

export type SearchSort =
  'RELEVANCE' | 'PRICE_ASC' | 'PRICE_DESC' | 'NAME_ASC' | 'NAME_DESC' | 'RATING' | 'NEWEST';

export type EngineName = 'POSTGRES' | 'OPENSEARCH';

export interface SearchRequest {
  /** Trimmed; empty: everything. */
  query: string;
  /** Of a category and all below it; null: any. */
  categoryIds: readonly string[] | null;
  /** Null: any. */
  brandIds: readonly string[] | null;
  currencyCode: string;
  /** Minor units, both included; null: no limit. */
  priceMin: bigint | null;
  priceMax: bigint | null;
  /** RELEVANCE only with a query. */
  sort: SearchSort;
  page: Page;
  /** Hits to pass over, where the page begins after no key. */
  skip: number;
  /** Limits between the ranges of the price facet, minor units, ascending. */
  priceLimits: readonly bigint[];
}

export interface Bucket {
  id: string;
  count: number;
}

export interface SearchHit {
  id: string;
  /** Values of the sort key as text: the cursor. */
  key: string[];
}

export interface SearchResult {
  /** One more than the page has. */
  hits: SearchHit[];
  total: number;
  /** Each facet ignores the filter of its own kind; most first, at most `maxBuckets`. */
  categories: Bucket[];
  brands: Bucket[];
  /** Counts by range: `limits.length + 1` of them. */
  prices: number[];
}

export const maxBuckets = 50;
export const maxQueryLength = 200;

/** Sorts a product without a price in the currency behind all others. */
export const noPriceAscending = 10 ** 15;
export const noPriceDescending = -1;

/**
 * Values in the cursor of a sort: NEWEST sorts by id alone. Names, prices and ratings are the same to both engines; a score
 * means nothing to the other one, so a cursor by RELEVANCE says whose it is and how many hits lie before it.
 */
export function keyOf(sort: SearchSort): KeyKind[] {
  if (sort === 'NEWEST') return ['id'];
  if (sort === 'RELEVANCE') return ['text', 'number', 'number', 'id'];
  return [sort.startsWith('NAME') ? 'text' : 'number', 'id'];
}

/** Where a page begins. */
export interface Start {
  /** Whose key it is; null: anybody's. */
  engine: EngineName | null;
  key: string[] | null;
  /** Hits before the page; not counted where the key is anybody's. */
  position: number;
}

const isEngineName = (name: string | undefined): name is EngineName =>
  name === 'POSTGRES' || name === 'OPENSEARCH';

/** Reads a cursor's values. */
export function startOf(sort: SearchSort, after: string[] | null): Start {
  if (after === null || sort !== 'RELEVANCE') return { engine: null, key: after, position: 0 };
  const [engine, position = '', ...key] = after;
  if (!isEngineName(engine) || !/^\d{1,9}$/.test(position))
    throw badInput('after is not a cursor of this list: take endCursor of its pageInfo.', ['after']);
  return { engine, key, position: Number(position) };
}

/** The cursor's values of the hit at `index` of a page that began at `start`. */
export const cursorOf = (
  sort: SearchSort,
  engine: EngineName,
  start: Start,
  { key }: SearchHit,
  index: number,
): string[] => (sort === 'RELEVANCE' ? [engine, String(start.position + index + 1), ...key] : key);

/** What an engine is asked: to go on after its own key, or behind as many hits as another engine has shown. */
export const beginning = (
  { engine, key, position }: Start,
  asked: EngineName,
): { after: string[] | null; skip: number } =>
  engine === null || engine === asked ? { after: key, skip: 0 } : { after: null, skip: position };

/** An empty query has no better or worse match: the newest come first. */
export const sortFor = (query: string, sort: SearchSort): SearchSort =>
  query === '' && sort === 'RELEVANCE' ? 'NEWEST' : sort;

export function parseQuery(text: string): string {
  const query = text.trim().replaceAll(/\s+/g, ' ');
  if (query.length > maxQueryLength)
    throw badInput(`A query has at most ${maxQueryLength} characters.`, ['query']);
  return query;
}

/** Words of the query, lower case; at most 20. */
export const wordsOf = (query: string): string[] =>
  (query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 20);

const wholeLimits = [5n, 10n, 25n, 50n, 100n, 250n, 500n, 1000n];

/** 5, 10, 25 ... 1000 in the main unit; a hundred times that where the currency has no smaller unit (JPY, KRW). */
export function priceLimits(currencyCode: string): bigint[] {
  const exponent = exponentOf(currencyCode);
  const unit = exponent === 0 ? 100n : 10n ** BigInt(exponent);
  return wholeLimits.map((limit) => limit * unit);
}
