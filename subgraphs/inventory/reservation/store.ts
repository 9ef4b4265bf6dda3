import type { Db } from '../database.js';
import { levelChange, type LevelChange, type MovedLevel } from '../stock/rules.js';
import type { AllocatedLine, OrderLine, Shortage, Strategy } from '../allocation/rules.js';
import {
  transitions,
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
