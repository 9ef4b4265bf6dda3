import type { Db } from '../database.js';
import type { SearchDocument } from './rules.js';

/** Documents of products as they are now, in one statement. */
export const readDocuments = (db: Db, productIds: readonly string[]): Promise<SearchDocument[]> =>
  db.$queryRaw<SearchDocument[]>`
    SELECT p.id, p.revision, p.status = 'ACTIVE' AS listed, p.name, p.sort_name AS "sortName", b.name AS "brandName",
           c.name AS "categoryName", p.description, p.brand_id AS "brandId", p.category_id AS "categoryId",
           coalesce(v.skus, '{}') AS skus,
           coalesce(v.options, '{}') || ARRAY(SELECT a ->> 'value' FROM jsonb_array_elements(p.attributes) a) AS facts,
           coalesce((
             SELECT jsonb_object_agg(currency_code, lowest) FROM (
               SELECT vp.currency_code, min(vp.current_amount) AS lowest
               FROM product_variant pv JOIN variant_price vp ON vp.variant_id = pv.id
               WHERE pv.product_id = p.id AND pv.active GROUP BY vp.currency_code) lowest_prices), '{}') AS prices,
           CASE WHEN p.rating_count = 0 THEN 0 ELSE p.rating_sum::float8 / p.rating_count END AS rating
    FROM product p
    LEFT JOIN brand b ON b.id = p.brand_id
    LEFT JOIN category c ON c.id = p.category_id
    LEFT JOIN LATERAL (
      SELECT array_agg(DISTINCT pv.sku) AS skus,
             array_agg(DISTINCT o ->> 'value') FILTER (WHERE o ->> 'value' IS NOT NULL) AS options
      FROM product_variant pv LEFT JOIN LATERAL jsonb_array_elements(pv.selected_options) o ON true
      WHERE pv.product_id = p.id
    ) v ON true
    WHERE p.id = ANY(${[...productIds]}::uuid[])
    ORDER BY p.id`;

/** Ids of products after `after`, in order: to go through all of them. */
export async function listProductIds(db: Db, after: string | null, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM product WHERE ${after}::uuid IS NULL OR id > ${after}::uuid ORDER BY id LIMIT ${limit}::int`;
  return rows.map((row) => row.id);
}

/** How many products there are and the sum of their revisions: both equal means an index has all of them as they are. */
export async function fingerprint(db: Db): Promise<{ count: number; revisions: number }> {
  const rows = await db.$queryRaw<{ count: number; revisions: number }[]>`
    SELECT count(*)::int AS count, coalesce(sum(revision), 0)::float8 AS revisions FROM product`;
  return rows[0] ?? { count: 0, revisions: 0 };
}
