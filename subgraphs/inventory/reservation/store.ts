import type { Db } from '../database.js';
import { levelChange, type LevelChange, type LevelKey, type MovedLevel } from '../stock/rules.js';
import type { AllocatedLine, OrderLine, Shortage, Strategy } from '../allocation/rules.js';
import {
  transitions,
  type Breakable,
  type DueReservation,
  type ReservationRequest,
  type ReservationStatus,
  type StoredDecision,
  type Transition,
} from './rules.js';

/** What holds for all requests. */
export interface BatchRules {
  strategy: Strategy;
  /** Open reservations that a customer may have; null: any number. */
  maxOpen: number | null;
}

/** What may be ordered of a variant beyond its stock, then and now. */
export interface RoomChange {
  variantId: string;
  before: number;
  after: number;
}

export interface DecidedBatch {
  decisions: Map<string, StoredDecision>;
  /** Orders that were not decided, since their customer has as many open as may be. */
  capped: Set<string>;
  /** All levels of the variants decided on. */
  levels: LevelChange[];
  rooms: RoomChange[];
}

type Stored = Omit<StoredDecision, 'backordered' | 'shortages'> & {
  shortages: Shortage[];
  backordered: (OrderLine & { expectedAt: string | null })[];
};

interface BatchResult {
  decisions: Stored[];
  capped: string[];
  levels: MovedLevel[];
  rooms: RoomChange[];
}

/** Decides a batch in the database, each order once in it. */
export async function reserveBatch(
  db: Db,
  requests: readonly ReservationRequest[],
  rules: BatchRules,
  now: Date,
): Promise<DecidedBatch> {
  const rows = await db.$queryRaw<{ result: BatchResult }[]>`
    SELECT reserve_batch(${JSON.stringify(requests)}::jsonb, ${now}::timestamptz, ${JSON.stringify(rules)}::jsonb) AS result`;
  const [row] = rows;
  if (!row) throw new Error('reserve_batch gave nothing.');
  const { decisions, capped, levels, rooms } = row.result;
  const stored = ({ backordered, ...decision }: Stored): StoredDecision => ({
    ...decision,
    backordered: backordered.map((line) => ({
      ...line,
      expectedAt: line.expectedAt === null ? null : new Date(line.expectedAt),
    })),
  });
  return {
    decisions: new Map(decisions.map((decision) => [decision.orderId, stored(decision)])),
    capped: new Set(capped),
    levels: levels.map(levelChange),
    rooms,
  };
}

export interface EndedReservation {
  orderId: string;
  was: ReservationStatus;
  lines: AllocatedLine[];
  /** What it waited for. */
  backordered: OrderLine[];
}

/** Their lines, each with its order. */
export const linesOf = (ended: readonly EndedReservation[]): (AllocatedLine & { orderId: string })[] =>
  ended.flatMap(({ orderId, lines }) => lines.map((line) => ({ ...line, orderId })));

/**
 * Takes those of the orders' reservations that `transition` allows to their new state and gives what they held. A twin waits
 * at the rows and then finds nothing to do. With `dueBy` only those whose time is over.
 */
export async function endReservations(
  db: Db,
  transition: Transition,
  orderIds: readonly string[],
  now: Date,
  dueBy: Date | null = null,
): Promise<EndedReservation[]> {
  const { from, to } = transitions[transition];
  return db.$queryRaw<EndedReservation[]>`
    SELECT * FROM end_reservations(${[...from]}::text[], ${to}::text, ${[...orderIds]}::uuid[], ${now}::timestamptz,
                                   ${dueBy}::timestamptz, ${to !== 'COMMITTED'}::boolean)`;
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
  /** What it waits for. */
  waiting: OrderLine[];
}

/** One reservation with its lines, locked, after the policies of its variants. */
export async function lockReservation(db: Db, orderId: string): Promise<LockedReservation | null> {
  const rows = await db.$queryRaw<{ status: ReservationStatus; linesSeq: number }[]>`
    SELECT status, lines_seq AS "linesSeq" FROM reservation WHERE order_id = ${orderId}::uuid FOR NO KEY UPDATE`;
  const [row] = rows;
  if (!row) return null;
  // Its lines are changed under this lock alone: read after it, they are as they are.
  const lines = await db.reservationLine.findMany({ where: { orderId } });
  const waiting = await db.$queryRaw<OrderLine[]>`
    SELECT variant_id AS "variantId", quantity - filled - ended AS quantity FROM backorder
    WHERE order_id = ${orderId}::uuid AND filled + ended < quantity`;
  return { ...row, lines, waiting };
}

/** Takes pieces out of a locked reservation's lines. */
export async function reduceLines(db: Db, orderId: string, taken: readonly AllocatedLine[]): Promise<void> {
  await db.$executeRaw`
    UPDATE reservation_line l SET quantity = l.quantity - t.quantity
    FROM jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) AS t("variantId" uuid, "warehouseId" uuid, quantity int)
    WHERE l.order_id = ${orderId}::uuid AND l.variant_id = t."variantId" AND l.warehouse_id = t."warehouseId"`;
}

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
