import type { Db } from '../database.js';
import { levelChange, type LevelChange, type MovedLevel } from '../stock/rules.js';
import {
  transitions,
  type AllocatedLine,
  type OrderLine,
  type ReservationRequest,
  type ReservationStatus,
  type Shortage,
  type Transition,
} from './rules.js';

export interface StoredDecision {
  orderId: string;
  status: ReservationStatus;
  /** Whether it was made in this batch. */
  fresh: boolean;
  /** Whether it was made for the same lines. */
  same: boolean;
  shortages: Shortage[];
}

/** Decides a batch in the database, each order once in it; gives the decisions and all levels of the variants decided on. */
export async function reserveBatch(
  db: Db,
  requests: readonly ReservationRequest[],
  now: Date,
): Promise<{ decisions: Map<string, StoredDecision>; levels: LevelChange[] }> {
  const rows = await db.$queryRaw<{ result: { decisions: StoredDecision[]; levels: MovedLevel[] } }[]>`
    SELECT reserve_batch(${JSON.stringify(requests)}::jsonb, ${now}::timestamptz) AS result`;
  const { decisions = [], levels = [] } = rows[0]?.result ?? {};
  return {
    decisions: new Map(decisions.map((decision) => [decision.orderId, decision])),
    levels: levels.map(levelChange),
  };
}

export interface EndedLine extends AllocatedLine {
  orderId: string;
  was: ReservationStatus;
}

/**
 * Takes those of the orders' reservations that `transition` allows to their new state and gives their lines. A twin waits
 * at the rows and then finds nothing to do. With `dueBy` only those whose time is over.
 */
export async function endReservations(
  db: Db,
  transition: Transition,
  orderIds: readonly string[],
  now: Date,
  dueBy: Date | null = null,
): Promise<EndedLine[]> {
  const { from, to } = transitions[transition];
  return db.$queryRaw<EndedLine[]>`
    WITH due AS MATERIALIZED (
      SELECT r.order_id, r.status, l.variant_id, l.warehouse_id, l.quantity
      FROM reservation r JOIN reservation_line l ON l.order_id = r.order_id
      WHERE r.order_id = ANY(${[...orderIds]}::uuid[]) AND r.status = ANY(${[...from]}::text[])
        AND (${dueBy}::timestamptz IS NULL OR r.hold_until <= ${dueBy}::timestamptz)
      ORDER BY r.order_id, l.variant_id, l.warehouse_id FOR UPDATE
    ), ended AS (
      UPDATE reservation r SET status = ${to}, updated_at = ${now}::timestamptz
      FROM (SELECT DISTINCT order_id FROM due) d WHERE r.order_id = d.order_id
    )
    SELECT order_id AS "orderId", status AS was, variant_id AS "variantId", warehouse_id AS "warehouseId", quantity
    FROM due`;
}

/** Notes orders that never asked for stock, as `status`; those that did stay as they are. */
export async function noteUnknown(
  db: Db,
  orderIds: readonly string[],
  status: 'RELEASED' | 'EXPIRED',
  now: Date,
): Promise<number> {
  return db.$executeRaw`
    INSERT INTO reservation (order_id, status, hold_until, requested, shortages, created_at, updated_at)
    SELECT o.id, ${status}, ${now}::timestamptz, '[]', '[]', ${now}::timestamptz, ${now}::timestamptz
    FROM unnest(${[...orderIds]}::uuid[]) AS o(id) ORDER BY o.id
    ON CONFLICT (order_id) DO NOTHING`;
}

/** Notes that the orders are cancelled, also those that never asked for stock: a payment that is told later changes nothing. */
export async function markCancelled(db: Db, orderIds: readonly string[], now: Date): Promise<void> {
  await db.$executeRaw`
    INSERT INTO reservation
      (order_id, status, hold_until, requested, shortages, cancelled_at, created_at, updated_at)
    SELECT o.id, 'RELEASED', ${now}::timestamptz, '[]', '[]', ${now}::timestamptz, ${now}::timestamptz,
           ${now}::timestamptz
    FROM unnest(${[...orderIds]}::uuid[]) AS o(id) ORDER BY o.id
    ON CONFLICT (order_id) DO UPDATE SET cancelled_at = coalesce(reservation.cancelled_at, excluded.cancelled_at)`;
}

export async function findStatus(db: Db, orderId: string): Promise<ReservationStatus | null> {
  const row = await db.reservation.findUnique({ where: { orderId }, select: { status: true } });
  return (row?.status as ReservationStatus | undefined) ?? null;
}

/** Holds an open reservation at least until then; null where there is none open. */
export async function extendHold(db: Db, orderId: string, holdUntil: Date, now: Date): Promise<Date | null> {
  const rows = await db.$queryRaw<{ holdUntil: Date }[]>`
    UPDATE reservation SET hold_until = greatest(hold_until, ${holdUntil}::timestamptz), updated_at = ${now}::timestamptz
    WHERE order_id = ${orderId}::uuid AND status = 'OPEN' RETURNING hold_until AS "holdUntil"`;
  return rows[0]?.holdUntil ?? null;
}

/** Those of the orders whose stock has gone back and that may take it again, locked. */
export async function lockLapsed(db: Db, orderIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ orderId: string }[]>`
    SELECT order_id AS "orderId" FROM reservation
    WHERE order_id = ANY(${[...orderIds]}::uuid[]) AND status = ANY(${[...transitions.commitLate.from]}::text[])
      AND cancelled_at IS NULL AND commit_failed_at IS NULL
    ORDER BY order_id FOR UPDATE`;
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

export interface LineCancellation {
  eventId: string;
  orderId: string;
  /** Number of the event among those of its order. */
  aggregateSeq: number;
  lines: OrderLine[];
}

/** Notes a cancellation; false where its event was noted before. */
export async function noteCancellation(db: Db, cancellation: LineCancellation): Promise<boolean> {
  const { eventId, orderId, aggregateSeq, lines } = cancellation;
  const { count } = await db.lineCancellation.createMany({
    data: [{ eventId, orderId, aggregateSeq, lines: lines.map((line) => ({ ...line })) }],
    skipDuplicates: true,
  });
  return count > 0;
}

export async function findCancellations(db: Db, orderIds: readonly string[]): Promise<LineCancellation[]> {
  const rows = await db.lineCancellation.findMany({ where: { orderId: { in: [...orderIds] } } });
  return rows.map((row) => ({ ...row, lines: row.lines as unknown as OrderLine[] }));
}

export interface LockedReservation {
  status: ReservationStatus;
  linesSeq: number;
  lines: AllocatedLine[];
}

/** One reservation with its lines, locked. */
export async function lockReservation(db: Db, orderId: string): Promise<LockedReservation | null> {
  const rows = await db.$queryRaw<{ status: ReservationStatus; linesSeq: number }[]>`
    SELECT status, lines_seq AS "linesSeq" FROM reservation WHERE order_id = ${orderId}::uuid FOR UPDATE`;
  const [row] = rows;
  if (!row) return null;
  // Its lines are changed under this lock alone: read after it, they are as they are.
  const lines = await db.reservationLine.findMany({ where: { orderId } });
  return { ...row, lines };
}

/** Takes pieces out of a locked reservation's lines. */
export async function reduceLines(db: Db, orderId: string, taken: readonly AllocatedLine[]): Promise<void> {
  await db.$executeRaw`
    UPDATE reservation_line l SET quantity = l.quantity - t.quantity
    FROM jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) AS t("variantId" uuid, "warehouseId" uuid, quantity int)
    WHERE l.order_id = ${orderId}::uuid AND l.variant_id = t."variantId" AND l.warehouse_id = t."warehouseId"`;
}
