import { roomOf } from '../backorder/rules.js';
import type { Db } from '../database.js';
import {
  levelChange,
  type LevelChange,
  type LevelKey,
  type MovedLevel,
  type Stock,
  type StockLevel,
  type StockMove,
} from './rules.js';

/** What can be sold of each variant; those never stocked, nor to be ordered beforehand, are left out. */
export async function findStock(
  db: Db,
  variantIds: readonly string[],
): Promise<(Stock & { variantId: string })[]> {
  const rows = await db.$queryRaw<FoundStock[]>`
    SELECT v.id AS "variantId", coalesce(s.available, 0) AS available,
           coalesce(s.threshold, 0) AS "lowStockThreshold", p.policy, p.max_waiting AS "maxWaiting", p.waiting,
           p.expected_at AS "expectedAt"
    FROM unnest(${[...variantIds]}::uuid[]) AS v(id)
    LEFT JOIN (
      SELECT s.variant_id, sum(s.on_hand - s.reserved)::int AS available, sum(s.low_stock_threshold)::int AS threshold
      FROM stock_level s JOIN warehouse w ON w.id = s.warehouse_id
      WHERE s.variant_id = ANY(${[...variantIds]}::uuid[]) AND w.status = 'ACTIVE'
      GROUP BY s.variant_id) s ON s.variant_id = v.id
    LEFT JOIN backorder_policy p ON p.variant_id = v.id AND p.policy <> 'DENY'
    WHERE s.variant_id IS NOT NULL OR p.variant_id IS NOT NULL`;
  return rows.map(({ variantId, available, lowStockThreshold, policy, maxWaiting, waiting, expectedAt }) => {
    const stock = { variantId, available, lowStockThreshold };
    if (policy === null || waiting === null) return stock;
    const room = roomOf({ policy, maxWaiting, waiting });
    return room > 0 ? { ...stock, beyond: { policy, room, expectedAt } } : stock;
  });
}

interface FoundStock {
  variantId: string;
  available: number;
  lowStockThreshold: number;
  policy: 'BACKORDER' | 'PREORDER' | null;
  maxWaiting: number | null;
  waiting: number | null;
  expectedAt: Date | null;
}

/** All levels of the variants, by warehouse code. */
export async function findLevels(db: Db, variantIds: readonly string[]): Promise<StockLevel[]> {
  return db.stockLevel.findMany({
    where: { variantId: { in: [...variantIds] } },
    orderBy: { warehouse: { code: 'asc' } },
  });
}

/** Pieces that lie in each warehouse, over all variants. */
export async function countPieces(
  db: Db,
  warehouseIds: readonly string[],
): Promise<{ warehouseId: string; pieces: number }[]> {
  return db.$queryRaw<{ warehouseId: string; pieces: number }[]>`
    SELECT warehouse_id AS "warehouseId", sum(on_hand)::int AS pieces FROM stock_level
    WHERE warehouse_id = ANY(${[...warehouseIds]}::uuid[]) GROUP BY warehouse_id`;
}

/** Makes the levels that are not there yet, without pieces. */
export async function ensureLevels(db: Db, keys: readonly LevelKey[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO stock_level (variant_id, warehouse_id, on_hand, reserved)
    SELECT k."variantId", k."warehouseId", 0, 0
    FROM jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) AS k("variantId" uuid, "warehouseId" uuid)
    ORDER BY 1, 2
    ON CONFLICT (variant_id, warehouse_id) DO NOTHING`;
}

/** All levels of the variants, locked until the transaction ends, in the order in which everybody locks them. */
export async function lockLevels(
  db: Db,
  variantIds: readonly string[],
): Promise<(StockLevel & { active: boolean })[]> {
  return db.$queryRaw<(StockLevel & { active: boolean })[]>`
    SELECT s.variant_id AS "variantId", s.warehouse_id AS "warehouseId", s.on_hand AS "onHand", s.reserved,
           s.low_stock_threshold AS "lowStockThreshold", s.reorder_point AS "reorderPoint",
           s.reorder_quantity AS "reorderQuantity", w.status = 'ACTIVE' AS active
    FROM stock_level s JOIN warehouse w ON w.id = s.warehouse_id
    WHERE s.variant_id = ANY(${[...variantIds]}::uuid[])
    ORDER BY s.variant_id, s.warehouse_id FOR NO KEY UPDATE OF s`;
}

/**
 * Applies the moves and writes their ledger entries, in one statement, all levels of the variants locked in the common
 * order; gives those levels, and whether orders wait for one of the variants. A move that would oversell fails at the
 * table's CHECK.
 */
export async function writeMoves(
  db: Db,
  moves: readonly StockMove[],
  now: Date,
): Promise<{ levels: LevelChange[]; wait: boolean }> {
  const rows = await db.$queryRaw<(MovedLevel & { wait: boolean })[]>`
    WITH moves AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(moves)}::jsonb)
        AS m("variantId" uuid, "warehouseId" uuid, "onHand" int, reserved int, entry jsonb)
    ), sums AS (
      SELECT "variantId" AS variant_id, "warehouseId" AS warehouse_id, sum("onHand")::int AS on_hand,
             sum(reserved)::int AS reserved
      FROM moves GROUP BY 1, 2
    ), locked AS MATERIALIZED (
      SELECT s.variant_id, s.warehouse_id, s.on_hand - s.reserved AS available, s.low_stock_threshold,
             s.reorder_point, s.reorder_quantity, w.status = 'ACTIVE' AS active
      FROM stock_level s JOIN warehouse w ON w.id = s.warehouse_id
      WHERE s.variant_id = ANY(${[...new Set(moves.map(({ variantId }) => variantId))]}::uuid[])
      ORDER BY s.variant_id, s.warehouse_id FOR NO KEY UPDATE OF s
    ), written AS (
      UPDATE stock_level s SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved
      FROM sums d JOIN locked USING (variant_id, warehouse_id)
      WHERE s.variant_id = d.variant_id AND s.warehouse_id = d.warehouse_id
    ), entered AS (
      INSERT INTO inventory_transaction
        (id, variant_id, warehouse_id, type, quantity, reason, reference, note, actor_id, occurred_at)
      SELECT e.id, "variantId", "warehouseId", e.type, "onHand", e.reason, e.reference, e.note, e."actorId",
             ${now}::timestamptz
      FROM moves, jsonb_to_record(entry)
        AS e(id uuid, type text, reason text, reference text, note text, "actorId" uuid)
      WHERE entry IS NOT NULL
    )
    SELECT variant_id AS "variantId", warehouse_id AS "warehouseId", active, low_stock_threshold AS threshold,
           reorder_point AS "reorderPoint", reorder_quantity AS "reorderQuantity",
           coalesce((SELECT p.waiting > 0 FROM backorder_policy p WHERE p.variant_id = locked.variant_id), false) AS wait,
           available AS before, (available + coalesce(d.on_hand, 0) - coalesce(d.reserved, 0))::int AS after
    FROM locked LEFT JOIN sums d USING (variant_id, warehouse_id)`;
  return { levels: rows.map(levelChange), wait: rows.some((row) => row.wait) };
}

/** Writes thresholds of levels that are there. */
export async function writeThresholds(db: Db, levels: readonly StockLevel[]): Promise<void> {
  await db.$executeRaw`
    UPDATE stock_level s SET low_stock_threshold = t."lowStockThreshold", reorder_point = t."reorderPoint",
      reorder_quantity = t."reorderQuantity"
    FROM jsonb_to_recordset(${JSON.stringify(levels)}::jsonb) AS t("variantId" uuid, "warehouseId" uuid,
      "lowStockThreshold" int, "reorderPoint" int, "reorderQuantity" int)
    WHERE s.variant_id = t."variantId" AND s.warehouse_id = t."warehouseId"`;
}

/** Variants of which something can be sold from this warehouse, or could. */
export async function findVariantsIn(db: Db, warehouseId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ variantId: string }[]>`
    SELECT variant_id AS "variantId" FROM stock_level WHERE warehouse_id = ${warehouseId}::uuid AND on_hand > reserved`;
  return rows.map((row) => row.variantId);
}
