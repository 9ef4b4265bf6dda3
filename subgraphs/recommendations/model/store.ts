/** The models in SQL: they are computed where the baskets are. */
import type { Db } from '../context.js';
import { interestWeight, popularityWindows, training, type Model } from './rules.js';

/**
 * Lets Postgres plan the transaction's statements for their values: they read much and run seldom, and a plan that was kept
 * since the tables were small would join thousands of rows with thousands.
 */
export async function planForValues(db: Db): Promise<void> {
  await db.$executeRaw`SET LOCAL plan_cache_mode = force_custom_plan`;
}

/**
 * Counts anew the baskets of all products with new basket items, and takes as many of them as one run may learn; their
 * ids. One statement: what it counts is what it marks as learnt, and what arrives meanwhile is left for the next run.
 */
export async function takeProductsToLearn(db: Db, model: Model): Promise<string[]> {
  const rows = await db.$queryRaw<{ productId: string }[]>`
    WITH counted AS (
      SELECT product_id, count(*)::int AS baskets FROM basket_item
      WHERE model = ${model}
        AND product_id IN (SELECT product_id FROM basket_item WHERE model = ${model} AND NOT learned)
      GROUP BY product_id
    ), saved AS (
      INSERT INTO product_count (model, product_id, baskets)
      SELECT ${model}, product_id, baskets FROM counted ORDER BY product_id
      ON CONFLICT (model, product_id) DO UPDATE SET baskets = excluded.baskets
    ), taken AS (
      SELECT product_id FROM (
        SELECT product_id, sum(baskets) OVER up_to AS baskets, row_number() OVER up_to AS number
        FROM counted WINDOW up_to AS (ORDER BY product_id ROWS UNBOUNDED PRECEDING)
      ) AS queue
      WHERE baskets <= ${training.basketsPerRun}::int OR number = 1
    ), marked AS (
      UPDATE basket_item b SET learned = true FROM taken
      WHERE b.model = ${model} AND b.product_id = taken.product_id AND NOT b.learned
      RETURNING b.product_id
    )
    SELECT DISTINCT product_id AS "productId" FROM marked`;
  return rows.map((row) => row.productId);
}

/** Computes the neighbours of `productIds`, and enters these products in the lists of those neighbours as well. */
export async function learnNeighbours(db: Db, model: Model, productIds: string[], now: Date): Promise<void> {
  await db.$executeRaw`
    WITH own AS (
      SELECT product_id, basket_id FROM basket_item
      WHERE model = ${model} AND product_id = ANY(${productIds}::uuid[])
    ), mates AS (
      SELECT basket_id, product_id,
             row_number() OVER (PARTITION BY basket_id ORDER BY occurred_at DESC, product_id) AS number
      FROM basket_item WHERE model = ${model} AND basket_id IN (SELECT basket_id FROM own)
    ), pairs AS (
      SELECT own.product_id, mates.product_id AS neighbour_id, count(*)::float8 AS together
      FROM own JOIN mates USING (basket_id)
      WHERE mates.number <= ${training.basketSize}::int AND mates.product_id <> own.product_id
      GROUP BY own.product_id, mates.product_id
    ), scored AS (
      SELECT p.product_id, p.neighbour_id,
             least(1, p.together / sqrt(a.baskets::float8 * b.baskets))
               * p.together / (p.together + ${training.shrinkage}::float8) AS score
      FROM pairs p
      JOIN product_count a ON a.model = ${model} AND a.product_id = p.product_id
      JOIN product_count b ON b.model = ${model} AND b.product_id = p.neighbour_id
    ), best AS (
      SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY product_id ORDER BY score DESC, neighbour_id) AS number FROM scored
      ) AS numbered WHERE number <= ${training.neighbours}::int
    ), both_ways AS (
      SELECT product_id, neighbour_id, score FROM best
      UNION ALL
      SELECT neighbour_id, product_id, score FROM best
    )
    INSERT INTO neighbour (model, product_id, neighbour_id, score, trained_at)
    SELECT ${model}, product_id, neighbour_id, max(score), ${now}::timestamptz
    FROM both_ways GROUP BY product_id, neighbour_id
    ON CONFLICT (model, product_id, neighbour_id)
      DO UPDATE SET score = excluded.score, trained_at = excluded.trained_at`;
  await db.$executeRaw`
    DELETE FROM neighbour
    WHERE model = ${model} AND product_id = ANY(${productIds}::uuid[]) AND trained_at < ${now}::timestamptz`;
}

/** Computes popularity anew for every window; readers see the old until the transaction commits. */
export async function learnPopularity(db: Db, now: Date): Promise<void> {
  await db.$executeRaw`DELETE FROM popularity`;
  await db.$executeRaw`
    INSERT INTO popularity (window_days, product_id, score)
    SELECT w.days, b.product_id,
           sum(CASE b.model WHEN 'RELATED' THEN ${interestWeight}::float8 ELSE 1 END
               * power(0.5, age.days / (w.days / 2.0::float8)))
    FROM basket_item b
    CROSS JOIN LATERAL (
      SELECT extract(epoch FROM ${now}::timestamptz - b.occurred_at)::float8 / 86400 AS days
    ) AS age
    JOIN unnest(${[...popularityWindows]}::int[]) AS w(days) ON age.days < w.days
    WHERE b.occurred_at > ${now}::timestamptz - ${Math.max(...popularityWindows)}::int * interval '1 day'
    GROUP BY w.days, b.product_id`;
}
