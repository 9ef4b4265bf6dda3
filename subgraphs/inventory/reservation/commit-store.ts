/** Reservations that have lapsed, of orders that are paid after that. */
import type { Db } from '../database.js';
import type { AllocatedLine } from '../allocation/rules.js';
import { transitions } from './rules.js';

/** Those of the orders whose stock has gone back and that may take it again, locked. */
export async function lockLapsed(db: Db, orderIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ orderId: string }[]>`
    SELECT order_id AS "orderId" FROM reservation
    WHERE order_id = ANY(${[...orderIds]}::uuid[]) AND status = ANY(${[...transitions.commitLate.from]}::text[])
      AND cancelled_at IS NULL AND commit_failed_at IS NULL
    ORDER BY order_id FOR NO KEY UPDATE`;
  return rows.map((row) => row.orderId);
}

export interface LateCommit {
  orderId: string;
  /** Of the event whose lines these are. */
  linesSeq: number;
  lines: AllocatedLine[];
}

/** Gives reservations that `lockLapsed` locked their new lines. */
export async function commitLapsed(db: Db, commits: readonly LateCommit[], now: Date): Promise<void> {
  const json = JSON.stringify(commits);
  await db.$executeRaw`
    DELETE FROM reservation_line WHERE order_id = ANY(${commits.map((one) => one.orderId)}::uuid[])`;
  await db.$executeRaw`
    WITH commits AS (
      SELECT * FROM jsonb_to_recordset(${json}::jsonb) AS c("orderId" uuid, "linesSeq" int, lines jsonb)
    ), committed AS (
      UPDATE reservation r SET status = ${transitions.commitLate.to}, lines_seq = c."linesSeq",
        updated_at = ${now}::timestamptz
      FROM commits c WHERE r.order_id = c."orderId"
    )
    INSERT INTO reservation_line (order_id, variant_id, warehouse_id, quantity)
    SELECT c."orderId", l."variantId", l."warehouseId", l.quantity
    FROM commits c, jsonb_to_recordset(c.lines) AS l("variantId" uuid, "warehouseId" uuid, quantity int)`;
}

/** Notes that paid orders can't get their stock any more, so that it is told once. */
export async function markCommitFailed(db: Db, orderIds: readonly string[], now: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE reservation SET commit_failed_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
    WHERE order_id = ANY(${[...orderIds]}::uuid[])`;
}
