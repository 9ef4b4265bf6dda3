import type { Db } from '../database.js';
import type { OrderLine } from '../allocation/rules.js';
import type { Backorder, BackorderPolicy, Filled, Filling, Policy } from './rules.js';

type Row = Omit<BackorderPolicy, 'policy'> & { policy: string };

const policyOf = ({ variantId, policy, maxWaiting, expectedAt, waiting }: Row): BackorderPolicy => ({
  ...{ variantId, policy: policy as Policy, maxWaiting, expectedAt, waiting },
});

export async function findPolicies(db: Db, variantIds: readonly string[]): Promise<BackorderPolicy[]> {
  return (await db.backorderPolicy.findMany({ where: { variantId: { in: [...variantIds] } } })).map(policyOf);
}

/**
 * The variants' policies, held until the transaction ends: before reservations and levels, as everybody locks them. Who holds
 * one alone changes what waits for its variant, and the states of the orders that wait.
 */
export async function lockPolicies(db: Db, variantIds: readonly string[]): Promise<BackorderPolicy[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT variant_id AS "variantId", policy, max_waiting AS "maxWaiting", expected_at AS "expectedAt", waiting
    FROM backorder_policy WHERE variant_id = ANY(${[...variantIds]}::uuid[])
    ORDER BY variant_id FOR NO KEY UPDATE`;
  return rows.map(policyOf);
}

/** Writes what staff decided; what waits stays. */
export async function writePolicies(
  db: Db,
  policies: readonly Omit<BackorderPolicy, 'waiting'>[],
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO backorder_policy (variant_id, policy, max_waiting, expected_at, updated_at)
    SELECT p."variantId", p.policy, p."maxWaiting", p."expectedAt", ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(policies)}::jsonb)
      AS p("variantId" uuid, policy text, "maxWaiting" int, "expectedAt" timestamptz)
    ORDER BY 1
    ON CONFLICT (variant_id) DO UPDATE SET policy = excluded.policy, max_waiting = excluded.max_waiting,
      expected_at = excluded.expected_at, updated_at = excluded.updated_at`;
}

/**
 * Who waits for stock that has come, the oldest first, and no more of them than `free` reaches for. Their policies are
 * locked by it where they are not yet; those that somebody else holds are passed over: who holds them looks at the stock next.
 */
export async function lockWaiting(
  db: Db,
  free: readonly { variantId: string; pieces: number }[],
): Promise<Backorder[]> {
  const held = await db.$queryRaw<{ variantId: string }[]>`
    SELECT variant_id AS "variantId" FROM backorder_policy
    WHERE variant_id = ANY(${free.map((one) => one.variantId)}::uuid[]) AND waiting > 0
    ORDER BY variant_id FOR NO KEY UPDATE SKIP LOCKED`;
  if (held.length === 0) return [];
  const ids = new Set(held.map((one) => one.variantId));
  return db.$queryRaw<Backorder[]>`
    SELECT w.order_id AS "orderId", w.variant_id AS "variantId", w.pieces AS quantity, r.status = 'COMMITTED' AS paid,
           w.created_at AS "createdAt"
    FROM jsonb_to_recordset(${JSON.stringify(free.filter((one) => ids.has(one.variantId)))}::jsonb)
      AS f("variantId" uuid, pieces int),
      LATERAL (
        SELECT b.order_id, b.variant_id, b.position, b.created_at, b.quantity - b.filled - b.ended AS pieces,
               sum(b.quantity - b.filled - b.ended) OVER (ORDER BY b.position) AS reached
        FROM backorder b WHERE b.variant_id = f."variantId" AND b.filled + b.ended < b.quantity
      ) w
    JOIN reservation r ON r.order_id = w.order_id
    WHERE w.reached - w.pieces < f.pieces
    ORDER BY w.variant_id, w.position`;
}

/**
 * Notes what came for whom: the pieces wait no more, and are the reservation's; what is counted of each order after it. Under
 * `lockWaiting`.
 */
export async function writeFillings(db: Db, fillings: readonly Filling[], now: Date): Promise<Filled[]> {
  return db.$queryRaw<Filled[]>`
    WITH fillings AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(fillings)}::jsonb)
        AS f("orderId" uuid, "variantId" uuid, "warehouseId" uuid, quantity int)
    ), held AS (
      INSERT INTO reservation_line (order_id, variant_id, warehouse_id, quantity)
      SELECT "orderId", "variantId", "warehouseId", quantity FROM fillings ORDER BY 1, 2, 3
      ON CONFLICT (order_id, variant_id, warehouse_id)
        DO UPDATE SET quantity = reservation_line.quantity + excluded.quantity
    ), filled AS (
      UPDATE backorder b SET filled = b.filled + f.pieces, updated_at = ${now}::timestamptz
      FROM (SELECT "orderId", "variantId", sum(quantity)::int AS pieces FROM fillings GROUP BY 1, 2) f
      WHERE b.order_id = f."orderId" AND b.variant_id = f."variantId"
      RETURNING b.order_id, b.variant_id, f.pieces AS came, b.quantity - b.filled - b.ended AS waiting
    ), rooms AS (
      UPDATE backorder_policy p SET waiting = p.waiting - f.pieces
      FROM (SELECT "variantId", sum(quantity)::int AS pieces FROM fillings GROUP BY 1) f
      WHERE p.variant_id = f."variantId"
    )
    SELECT f.order_id AS "orderId", f.variant_id AS "variantId", f.came AS quantity, f.waiting,
      -- What it held before, as this statement sees it.
      (f.waiting + f.came + coalesce((SELECT sum(l.quantity) FROM reservation_line l
        WHERE l.order_id = f.order_id AND l.variant_id = f.variant_id), 0))::int AS pieces
    FROM filled f ORDER BY 1, 2`;
}

/** Takes cancelled pieces out of what an order waits for; its policies are locked. */
export async function endWaiting(
  db: Db,
  orderId: string,
  lines: readonly OrderLine[],
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    WITH lines AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) AS l("variantId" uuid, quantity int)
    ), ended AS (
      UPDATE backorder b SET ended = b.ended + l.quantity, updated_at = ${now}::timestamptz
      FROM lines l WHERE b.order_id = ${orderId}::uuid AND b.variant_id = l."variantId"
    )
    UPDATE backorder_policy p SET waiting = p.waiting - l.quantity FROM lines l WHERE p.variant_id = l."variantId"`;
}

/** Lets orders wait that are paid late; their policies are locked. One that waited before waits anew, as the last. */
export async function writeWaiting(
  db: Db,
  lines: readonly (OrderLine & { orderId: string })[],
  now: Date,
): Promise<void> {
  const json = JSON.stringify(lines);
  await db.$executeRaw`
    DELETE FROM backorder b USING jsonb_to_recordset(${json}::jsonb) AS l("orderId" uuid, "variantId" uuid)
    WHERE b.order_id = l."orderId" AND b.variant_id = l."variantId"`;
  await db.$executeRaw`
    WITH lines AS (
      SELECT * FROM jsonb_to_recordset(${json}::jsonb) AS l("orderId" uuid, "variantId" uuid, quantity int)
    ), waiting AS (
      INSERT INTO backorder (order_id, variant_id, quantity, created_at, updated_at)
      SELECT "orderId", "variantId", quantity, ${now}::timestamptz, ${now}::timestamptz FROM lines ORDER BY 1, 2
    )
    UPDATE backorder_policy p SET waiting = p.waiting + l.pieces
    FROM (SELECT "variantId", sum(quantity)::int AS pieces FROM lines GROUP BY 1) l
    WHERE p.variant_id = l."variantId"`;
}

/** What waits for one variant, the oldest first, from behind `after` (an order's id). */
export async function findWaiting(
  db: Db,
  variantId: string,
  after: string | null,
  limit: number,
): Promise<Backorder[]> {
  return db.$queryRaw<Backorder[]>`
    SELECT b.order_id AS "orderId", b.variant_id AS "variantId", b.quantity - b.filled - b.ended AS quantity,
           r.status = 'COMMITTED' AS paid, b.created_at AS "createdAt"
    FROM backorder b JOIN reservation r USING (order_id)
    WHERE b.variant_id = ${variantId}::uuid AND b.filled + b.ended < b.quantity
      AND (${after}::uuid IS NULL OR b.position > (
        SELECT a.position FROM backorder a WHERE a.order_id = ${after}::uuid AND a.variant_id = ${variantId}::uuid))
    ORDER BY b.position LIMIT ${limit}::int`;
}

/** Likewise, of all variants of these orders, and of others. */
export async function lockPoliciesOfOrders(
  db: Db,
  orderIds: readonly string[],
  variantIds: readonly string[],
): Promise<void> {
  await db.$queryRaw`
    SELECT 1 FROM backorder_policy p
    WHERE p.variant_id IN (
      SELECT variant_id FROM reservation_line WHERE order_id = ANY(${[...orderIds]}::uuid[])
      UNION SELECT variant_id FROM backorder WHERE order_id = ANY(${[...orderIds]}::uuid[])
      UNION SELECT * FROM unnest(${[...variantIds]}::uuid[]))
    ORDER BY p.variant_id FOR NO KEY UPDATE`;
}
