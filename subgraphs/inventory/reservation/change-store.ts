/** Changes of reservations: what an order may become, and what becomes of it. */
import type { Db } from '../database.js';
import type { AllocatedLine, OrderLine, Shortage } from '../allocation/rules.js';

export interface ReservationChange {
  changeId: string;
  orderId: string;
  /** One per variant, sorted. */
  lines: readonly OrderLine[];
  /** Of a refused one. */
  shortages: Shortage[];
}

export async function findChange(
  db: Db,
  changeId: string,
): Promise<(ReservationChange & { endedAt: Date | null }) | null> {
  const row = await db.reservationChange.findUnique({ where: { changeId } });
  if (!row) return null;
  const lines = (row.lines as unknown as OrderLine[]).map(({ variantId, quantity }) => ({
    variantId,
    quantity,
  }));
  return { ...row, lines, shortages: row.shortages as unknown as Shortage[] };
}

/** Notes what was decided on a change, under its reservation's lock; a refused one is over. */
export async function insertChange(db: Db, change: ReservationChange, now: Date): Promise<void> {
  const { changeId, orderId, lines, shortages } = change;
  const endedAt = shortages.length > 0 ? now : null;
  await db.reservationChange.create({
    data: {
      ...{ changeId, orderId, endedAt, createdAt: now },
      lines: lines.map((line) => ({ ...line })),
      shortages: shortages.map((one) => ({ ...one })),
    },
  });
}

/** Ends a change, also one that has not come yet: then it comes too late. */
export async function endChange(
  db: Db,
  { changeId, orderId }: { changeId: string; orderId: string },
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO reservation_change (change_id, order_id, lines, shortages, created_at, ended_at)
    VALUES (${changeId}::uuid, ${orderId}::uuid, '[]', '[]', ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (change_id) DO UPDATE SET ended_at = coalesce(reservation_change.ended_at, excluded.ended_at)`;
}

/** What the order may become by changes that are still open. */
export async function findOpenChanges(db: Db, orderId: string): Promise<OrderLine[][]> {
  const rows = await db.reservationChange.findMany({ where: { orderId, endedAt: null } });
  return rows.map((row) => row.lines as unknown as OrderLine[]);
}

/** Puts pieces into a locked reservation's lines. */
export async function addLines(
  db: Db,
  orderId: string,
  added: readonly AllocatedLine[],
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    WITH added AS (
      INSERT INTO reservation_line (order_id, variant_id, warehouse_id, quantity)
      SELECT ${orderId}::uuid, a."variantId", a."warehouseId", a.quantity
      FROM jsonb_to_recordset(${JSON.stringify(added)}::jsonb) AS a("variantId" uuid, "warehouseId" uuid, quantity int)
      ON CONFLICT (order_id, variant_id, warehouse_id)
        DO UPDATE SET quantity = reservation_line.quantity + excluded.quantity
    )
    UPDATE reservation SET updated_at = ${now}::timestamptz WHERE order_id = ${orderId}::uuid`;
}

/** Notes the event whose lines a locked reservation has now. */
export async function noteLinesSeq(db: Db, orderId: string, linesSeq: number, now: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE reservation SET lines_seq = ${linesSeq}::int, updated_at = ${now}::timestamptz
    WHERE order_id = ${orderId}::uuid`;
}
