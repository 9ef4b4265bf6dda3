/**
 * Search on Postgres: full text for words and their forms, trigrams for misspelt and compound ones. The table
 * search_document is this engine's index and nobody else's.
 */
import type { Db } from '../database.js';
import { Prisma } from '../prisma.generated/client.js';
import type { SearchEngine } from './engine.js';
import {
  maxBuckets,
  noPriceAscending,
  noPriceDescending,
  wordsOf,
  type Bucket,
  type SearchDocument,
  type SearchHit,
  type SearchRequest,
  type SearchResult,
  type SearchSort,
} from './rules.js';

export const createPostgresEngine = (db: Db): SearchEngine => ({
  name: 'POSTGRES',
  index: (documents) => saveDocuments(db, documents),
  search: (request) => searchDocuments(db, request),
  suggest: (prefix, limit) => suggestNames(db, prefix, limit),
});

async function saveDocuments(db: Db, documents: readonly SearchDocument[]): Promise<void> {
  if (documents.length === 0) return;
  const rows = documents.map((document) => ({
    ...document,
    spelling: [document.name, document.brandName ?? ''].join(' ').trim().toLowerCase(),
    middle: [document.brandName, document.categoryName, ...document.facts].filter(Boolean).join(' '),
    skus: document.skus.join(' '),
  }));
  await db.$executeRaw`
    INSERT INTO search_document (product_id, revision, listed, name, sort_name, words, spelling, brand_id, category_id,
                                 prices, rating)
    SELECT id, revision, listed, name, "sortName",
           setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('simple', skus), 'A')
             || setweight(to_tsvector('english', middle), 'B') || setweight(to_tsvector('english', description), 'D'),
           spelling, "brandId", "categoryId", prices, rating
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS d(id uuid, revision int, listed boolean, name text, "sortName" text, spelling text, middle text, skus text,
           description text, "brandId" uuid, "categoryId" uuid, prices jsonb, rating float8)
    ORDER BY id
    ON CONFLICT (product_id) DO UPDATE SET revision = excluded.revision, listed = excluded.listed, name = excluded.name,
      sort_name = excluded.sort_name, words = excluded.words, spelling = excluded.spelling,
      brand_id = excluded.brand_id, category_id = excluded.category_id, prices = excluded.prices,
      rating = excluded.rating
    WHERE search_document.revision <= excluded.revision`;
}

interface Order {
  value: Prisma.Sql;
  type: Prisma.Sql;
  ascending: boolean;
}

const float = Prisma.sql`float8`;
const orders: Record<SearchSort, Order> = {
  RELEVANCE: { value: Prisma.sql`score`, type: float, ascending: false },
  PRICE_ASC: {
    value: Prisma.sql`coalesce(price, ${noPriceAscending}::bigint)`,
    type: Prisma.sql`bigint`,
    ascending: true,
  },
  PRICE_DESC: {
    value: Prisma.sql`coalesce(price, ${noPriceDescending}::bigint)`,
    type: Prisma.sql`bigint`,
    ascending: false,
  },
  NAME_ASC: { value: Prisma.sql`sort_name`, type: Prisma.sql`text`, ascending: true },
  NAME_DESC: { value: Prisma.sql`sort_name`, type: Prisma.sql`text`, ascending: false },
  RATING: { value: Prisma.sql`rating`, type: float, ascending: false },
  NEWEST: { value: Prisma.sql`0`, type: Prisma.sql`int`, ascending: false },
};

/** `'brass' | 'lantern'`; words have letters and digits only, so nothing in them means anything to to_tsquery. */
const termsOf = (query: string): string =>
  wordsOf(query)
    .map((word) => `'${word}'`)
    .join(' | ');

const candidates = (query: string): Prisma.Sql =>
  query === ''
    ? Prisma.sql`(SELECT product_id, 0::float8 AS score FROM search_document WHERE listed) c`
    : Prisma.sql`search_candidates(${query.toLowerCase()}, ${termsOf(query)}) c`;

interface Row {
  hits: { id: string; value: string }[] | null;
  total: number;
  categories: Bucket[] | null;
  brands: Bucket[] | null;
  prices: { range: number; count: number }[] | null;
}

function pageConditions(request: SearchRequest, { type, ascending }: Order): Prisma.Sql {
  const key = [...(request.page.after ?? [])];
  const id = key.pop();
  if (id === undefined) return Prisma.empty;
  const after = Prisma.sql`(${key[0] ?? '0'}::text::${type}, ${id}::uuid)`;
  return ascending ? Prisma.sql`AND (value, id) > ${after}` : Prisma.sql`AND (value, id) < ${after}`;
}

/** Hits, total and facets in one statement: the matches are found once. */
async function searchDocuments(db: Db, request: SearchRequest): Promise<SearchResult> {
  const order = orders[request.sort];
  const direction = order.ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const bucketsOf = (column: Prisma.Sql, filter: Prisma.Sql): Prisma.Sql => Prisma.sql`(
    SELECT jsonb_agg(b) FROM (
      SELECT ${column} AS id, count(*)::int AS count FROM flagged WHERE ${filter} AND ${column} IS NOT NULL
      GROUP BY ${column} ORDER BY count(*) DESC, ${column} LIMIT ${maxBuckets}::int) b)`;
  const rows = await db.$queryRaw<Row[]>`
    WITH matched AS (
      SELECT d.product_id AS id, d.brand_id, d.category_id, d.sort_name, d.rating, c.score,
             (d.prices ->> ${request.currencyCode})::bigint AS price
      FROM ${candidates(request.query)} JOIN search_document d USING (product_id)
    ), flagged AS MATERIALIZED (
      SELECT *, ${order.value} AS value,
        ${request.categoryIds}::uuid[] IS NULL OR coalesce(category_id = ANY(${request.categoryIds}::uuid[]), false) AS c,
        ${request.brandIds}::uuid[] IS NULL OR coalesce(brand_id = ANY(${request.brandIds}::uuid[]), false) AS b,
        (${request.priceMin}::bigint IS NULL OR coalesce(price >= ${request.priceMin}::bigint, false))
          AND (${request.priceMax}::bigint IS NULL OR coalesce(price <= ${request.priceMax}::bigint, false)) AS p
      FROM matched
    )
    SELECT
      (SELECT jsonb_agg(h) FROM (
        SELECT id, value::text AS value FROM flagged WHERE c AND b AND p ${pageConditions(request, order)}
        ORDER BY flagged.value ${direction}, id ${direction} LIMIT ${request.page.limit + 1}::int
        OFFSET ${request.skip}::int) h) AS hits,
      (SELECT count(*)::int FROM flagged WHERE c AND b AND p) AS total,
      ${bucketsOf(Prisma.sql`category_id`, Prisma.sql`b AND p`)} AS categories,
      ${bucketsOf(Prisma.sql`brand_id`, Prisma.sql`c AND p`)} AS brands,
      (SELECT jsonb_agg(r) FROM (
        SELECT width_bucket(price, ${[...request.priceLimits]}::bigint[]) AS range, count(*)::int AS count
        FROM flagged WHERE c AND b AND price IS NOT NULL GROUP BY 1) r) AS prices`;
  const [row] = rows;
  const counts = new Map(row?.prices?.map(({ range, count }) => [range, count]));
  return {
    hits: (row?.hits ?? []).map(({ id, value }): SearchHit => ({
      id,
      key: request.sort === 'NEWEST' ? [id] : [value, id],
    })),
    total: row?.total ?? 0,
    categories: row?.categories ?? [],
    brands: row?.brands ?? [],
    prices: [...request.priceLimits, null].map((_limit, i) => counts.get(i) ?? 0),
  };
}

async function suggestNames(db: Db, prefix: string, limit: number): Promise<string[]> {
  const words = wordsOf(prefix);
  if (words.length === 0) return [];
  const matches = Prisma.join(
    words.map((word) => Prisma.sql`spelling ~ ${`\\m${word}`}`),
    ' AND ',
  );
  const rows = await db.$queryRaw<{ name: string }[]>`
    SELECT name FROM search_document WHERE listed AND ${matches}
    GROUP BY name
    ORDER BY starts_with(lower(name), ${words.join(' ')}) DESC, length(name), name COLLATE "C" LIMIT ${limit}::int`;
  return rows.map((row) => row.name);
}
