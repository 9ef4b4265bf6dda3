/** Until when stock is held. */
import type { Db } from '../database.js';
import type { DueReservation } from './rules.js';

/** Holds an open reservation at least until then; null where there is none open. */
export async function extendHold(db: Db, orderId: string, holdUntil: Date, now: Date): Promise<Date | null> {
  const rows = await db.$queryRaw<{ holdUntil: Date }[]>`
    UPDATE reservation SET hold_until = greatest(hold_until, ${holdUntil}::timestamptz), updated_at = ${now}::timestamptz
    WHERE order_id = ${orderId}::uuid AND status = 'OPEN' RETURNING hold_until AS "holdUntil"`;
  return rows[0]?.holdUntil ?? null;
}

/** Open reservations whose time is over: those of the orders, then others, the longest over first. */
export async function findDue(
  db: Db,
  orderIds: readonly string[],
  now: Date,
  limit: number,
): Promise<DueReservation[]> {
  return db.$queryRaw<DueReservation[]>`
    SELECT order_id AS "orderId", created_at AS "createdAt" FROM reservation
    WHERE status = 'OPEN' AND hold_until <= ${now}::timestamptz
      AND EXISTS (SELECT FROM reservation mine WHERE mine.order_id = ANY(${[...orderIds]}::uuid[])
                    AND mine.status = 'OPEN' AND mine.hold_until <= ${now}::timestamptz)
    ORDER BY (order_id = ANY(${[...orderIds]}::uuid[])) DESC, hold_until LIMIT ${limit}::int`;
}

/** Until when an order's stock is held. */
export interface Held {
  orderId: string;
  until: Date;
}

/** Holds those of the reservations longer that are still open and due; gives them. */
export async function prolongDue(db: Db, held: readonly Held[], now: Date): Promise<Held[]> {
  return db.$queryRaw<Held[]>`
    UPDATE reservation r SET hold_until = h.until, updated_at = ${now}::timestamptz
    FROM (
      SELECT r.order_id, k.until
      FROM jsonb_to_recordset(${JSON.stringify(held)}::jsonb) AS k("orderId" uuid, until timestamptz)
      JOIN reservation r ON r.order_id = k."orderId"
      WHERE r.status = 'OPEN' AND r.hold_until <= ${now}::timestamptz
      ORDER BY r.order_id FOR NO KEY UPDATE OF r
    ) h WHERE r.order_id = h.order_id
    RETURNING r.order_id AS "orderId", r.hold_until AS until`;
}
