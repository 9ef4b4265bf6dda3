/**
 * Reads what the models have learnt: one statement for all parents. Lists are made of tiers (what is known of the product,
 * of its category, of the shop ...): a product shows up in its best tier, and a lower tier fills up a higher one. Which
 * tiers there are is a matter of the list's strategy: that of the visitor's arm while an experiment runs, read in the same
 * statement, so that all processes begin and end an experiment at its commit.
 */
import { isId } from '../../shared/ids.js';
import type { Db } from '../context.js';
import { buckets, strategiesOf, type Slot, type Strategy } from '../experiment/rules.js';
import { popularityWindowOfFallbacks } from '../model/rules.js';
import { Prisma } from '../prisma.generated/client.js';
import { history, type Recommendation } from './rules.js';

/** The list of one parent: the product's or user's id, and how many. */
export interface Key {
  id: string;
  first: number;
  /** The guest or user for whom it is, by whom an experiment's arm is chosen; null where nobody is known. */
  subjectId: string | null;
}

interface Row extends Recommendation {
  n: number;
}

/** The visitor's bucket in the experiment `e`: as `bucketOf` has it in experiment/rules.ts. */
const bucket = Prisma.sql`CASE WHEN k."subjectId" IS NULL THEN 0 ELSE
  ('x' || left(encode(sha256(convert_to(e.id || ':' || k."subjectId", 'UTF8')), 'hex'), 8))::bit(32)::bigint
    % ${buckets}::int END`;

/** Whether the list of the key `k` is made by one of these strategies: a tier for which it is not costs nothing. */
const by = (...strategies: Strategy[]): Prisma.Sql => Prisma.sql`shown.strategy = ANY(${strategies}::text[])`;

/**
 * Recommendations of each key, in the keys' order. `k` in `tiers` is the key: k.n, k.id, k.first. Without a slot there is
 * no experiment with the list, and no tier may ask for a strategy.
 */
async function findLists(
  db: Db,
  slot: Slot | null,
  keys: readonly Key[],
  tiers: Prisma.Sql[],
): Promise<Recommendation[][]> {
  // An id of a foreign form has no list; it must not reach the database, which would refuse all of them.
  const asked = keys.flatMap(({ id, first, subjectId }, n) =>
    isId(id) ? [{ n, id, first, subjectId: subjectId !== null && isId(subjectId) ? subjectId : null }] : [],
  );
  const usual = slot && strategiesOf[slot][0];
  const rows = await db.$queryRaw<Row[]>`
    SELECT k.n, list.product_id AS "productId", list.score, list.algorithm, shown.arm AS "experimentArm"
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS k(n int, id uuid, first int, "subjectId" uuid)
    LEFT JOIN product me ON me.id = k.id
    LEFT JOIN experiment e ON e.slot = ${slot}::text AND e.status = 'RUNNING'
    CROSS JOIN LATERAL (
      SELECT max(a.name) AS arm, coalesce(max(a.strategy), ${usual}::text) AS strategy
      FROM experiment_arm a CROSS JOIN (SELECT ${bucket} AS bucket) AS mine
      WHERE a.experiment_id = e.id AND mine.bucket >= a.first_bucket AND mine.bucket < a.first_bucket + a.share
    ) AS shown
    CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT DISTINCT ON (product_id) * FROM (${Prisma.join(tiers, ' UNION ALL ')}) AS tiers
        ORDER BY product_id, tier
      ) AS once
      ORDER BY tier, rank DESC, product_id LIMIT k.first
    ) AS list
    ORDER BY k.n, list.tier, list.rank DESC, list.product_id`;
  const lists = keys.map((): Recommendation[] => []);
  for (const { n, ...recommendation } of rows) lists[n]?.push(recommendation);
  return lists;
}

const neighbours = (model: 'BOUGHT_TOGETHER' | 'RELATED'): Prisma.Sql => Prisma.sql`(
  SELECT 1 AS tier, p.id AS product_id, n.score, n.score AS rank, ${model} AS algorithm
  FROM neighbour n JOIN product p ON p.id = n.neighbour_id AND p.on_sale
  WHERE n.model = ${model} AND n.product_id = k.id AND ${by(model)}
  ORDER BY n.score DESC, p.id LIMIT k.first)`;

const popularInCategory = Prisma.sql`(
  SELECT 2, p.id, pop.score, pop.score, 'POPULAR_IN_CATEGORY'
  FROM product p JOIN popularity pop ON pop.product_id = p.id AND pop.window_days = ${popularityWindowOfFallbacks}::int
  WHERE p.on_sale AND p.category_id = me.category_id AND p.id <> k.id AND ${by('RELATED', 'BOUGHT_TOGETHER', 'POPULAR')}
  ORDER BY pop.score DESC, p.id LIMIT k.first)`;

/** `wanted`: which products, and in which lists. */
const popular = (windowDays: number, wanted: Prisma.Sql): Prisma.Sql => Prisma.sql`(
  SELECT 3 AS tier, p.id AS product_id, pop.score, pop.score AS rank, 'POPULAR' AS algorithm
  FROM popularity pop JOIN product p ON p.id = pop.product_id AND p.on_sale
  WHERE pop.window_days = ${windowDays}::int AND ${wanted}
  ORDER BY pop.score DESC, p.id LIMIT k.first)`;

const newest = (wanted: Prisma.Sql): Prisma.Sql => Prisma.sql`(
  SELECT 4, p.id, 0, extract(epoch FROM p.created_at)::float8, 'NEWEST'
  FROM product p WHERE p.on_sale AND ${wanted}
  ORDER BY p.created_at DESC, p.id LIMIT k.first)`;

/** Products that were ordered along with each, and nothing else. */
export const findBoughtTogether = (db: Db, keys: readonly Key[]): Promise<Recommendation[][]> =>
  findLists(db, 'BOUGHT_TOGETHER', keys, [neighbours('BOUGHT_TOGETHER'), neighbours('RELATED')]);

/** Products for who looks at each: filled up as long as the shop has any. */
export const findRelated = (db: Db, keys: readonly Key[]): Promise<Recommendation[][]> => {
  const other = Prisma.sql`p.id <> k.id`;
  return findLists(db, 'RELATED', keys, [
    neighbours('RELATED'),
    neighbours('BOUGHT_TOGETHER'),
    popularInCategory,
    popular(
      popularityWindowOfFallbacks,
      Prisma.sql`${other} AND ${by('RELATED', 'BOUGHT_TOGETHER', 'POPULAR')}`,
    ),
    newest(other),
  ]);
};

/** What sells in the last `windowDays`, which is one of those that are computed. */
export async function findPopular(db: Db, windowDays: number, first: number): Promise<Recommendation[]> {
  const all = Prisma.sql`true`;
  const shop = '00000000-0000-0000-0000-000000000000';
  const keys = [{ id: shop, first, subjectId: null }];
  const lists = await findLists(db, null, keys, [popular(windowDays, all), newest(all)]);
  return lists[0] ?? [];
}

/** Products for each user: neighbours of what they bought or looked at, without what they bought. */
export function findForUsers(db: Db, keys: readonly Key[], now: Date): Promise<Recommendation[][]> {
  const subjects = Prisma.sql`(SELECT k.id UNION ALL SELECT guest_id FROM joined_guest WHERE customer_id = k.id)`;
  const notBought = Prisma.sql`NOT EXISTS (
    SELECT FROM basket_item b
    WHERE b.model = 'BOUGHT_TOGETHER' AND b.subject_id IN ${subjects} AND b.product_id = p.id)`;
  const fromHistory = Prisma.sql`(
    SELECT 1 AS tier, p.id AS product_id, sum(n.score * past.weight) AS score, sum(n.score * past.weight) AS rank,
           'HISTORY' AS algorithm
    FROM (
      SELECT b.product_id, power(0.5, extract(epoch FROM ${now}::timestamptz - max(b.occurred_at))::float8
                                      / (86400 * ${history.halfLifeDays}::float8)) AS weight
      FROM basket_item b WHERE b.model = 'RELATED' AND b.subject_id IN ${subjects}
      GROUP BY b.product_id ORDER BY max(b.occurred_at) DESC LIMIT ${history.products}::int
    ) AS past
    JOIN neighbour n ON n.product_id = past.product_id
    JOIN product p ON p.id = n.neighbour_id AND p.on_sale
    WHERE ${notBought} AND ${by('HISTORY')}
    GROUP BY p.id ORDER BY 3 DESC, p.id LIMIT k.first)`;
  return findLists(db, 'FOR_YOU', keys, [
    fromHistory,
    popular(popularityWindowOfFallbacks, Prisma.sql`${notBought} AND ${by('HISTORY', 'POPULAR')}`),
    newest(notBought),
  ]);
}
