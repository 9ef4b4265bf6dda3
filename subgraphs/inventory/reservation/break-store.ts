/** Reservations that may break, where there are fewer pieces than are reserved. */
import type { Db } from '../database.js';
import type { LevelKey } from '../stock/rules.js';
import type { Breakable } from './rules.js';

/**
 * Open reservations that hold pieces of these levels, the newest first. Not those of orders that are paid, as orders has told
 * and we have not noted yet: they wait in the inbox.
 */
export async function findBreakable(db: Db, keys: readonly LevelKey[]): Promise<Breakable[]> {
  return db.$queryRaw<Breakable[]>`
    SELECT r.order_id AS "orderId", jsonb_agg(jsonb_build_object(
             'variantId', l.variant_id, 'warehouseId', l.warehouse_id, 'quantity', l.quantity)) AS lines
    FROM jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) AS k("variantId" uuid, "warehouseId" uuid)
    JOIN reservation_line l ON l.variant_id = k."variantId" AND l.warehouse_id = k."warehouseId" AND l.quantity > 0
    JOIN reservation r ON r.order_id = l.order_id AND r.status = 'OPEN'
    WHERE NOT EXISTS (
      SELECT FROM inbox i WHERE i.consumer IN ('orders', 'confirmations') AND i.done_at IS NULL AND i.aggregate_id = r.order_id)
    GROUP BY r.order_id ORDER BY r.created_at DESC, r.order_id DESC`;
}

/** Locks these reservations and gives the variants that they hold. */
export async function lockBreakable(db: Db, orderIds: readonly string[]): Promise<string[]> {
  await db.$queryRaw`
    SELECT 1 FROM reservation WHERE order_id = ANY(${[...orderIds]}::uuid[]) ORDER BY order_id FOR NO KEY UPDATE`;
  const rows = await db.$queryRaw<{ variantId: string }[]>`
    SELECT DISTINCT variant_id AS "variantId" FROM reservation_line WHERE order_id = ANY(${[...orderIds]}::uuid[])`;
  return rows.map((row) => row.variantId);
}
