/** A paid order's stock: what was held is sold; what had gone back is taken again, or orders is told that it is gone. */
import { emit, event, type NewEvent } from '../../shared/events/outbox.js';
import { transact } from '../../shared/transaction.js';
import {
  afterTaking,
  allocate,
  type AllocatedLine,
  type FreeLevel,
  type OrderLine,
} from '../allocation/rules.js';
import { holdPolicies, holdPoliciesOfOrders, startWaiting, whenExpected } from '../backorder/service.js';
import type { Context } from '../context.js';
import type { StockLevel, StockMove } from '../stock/rules.js';
import { moveStock } from '../stock/movement.js';
import { lockStock } from '../stock/service.js';
import { missing } from './change-rules.js';
import { foundAndSold, sold, soldLate } from './moves.js';
import { remainingLines, sumLines, takeBack, transitions, type ReservationStatus } from './rules.js';
import { commitLapsed, lockLapsed, markCommitFailed, type LateCommit } from './commit-store.js';
import {
  endReservations,
  findCancellations,
  lockReservation,
  noteUnknown,
  linesOf,
  type EndedReservation,
} from './store.js';

export interface PaidOrder {
  orderId: string;
  /** Number of the event among those of its order: lines cancelled before it are not in its lines. */
  aggregateSeq: number;
  lines: OrderLine[];
}

/** Sells what is held for these orders; a repeat finds nothing held and changes nothing. */
export async function commitReservations(ctx: Context, orders: readonly PaidOrder[]): Promise<void> {
  await transact(ctx, async (inner) => {
    const ids = orders.map((order) => order.orderId);
    const ended = await endReservations(inner.db, 'commit', ids, inner.clock());
    const held = new Set(ended.map((one) => one.orderId));
    const late = await commitLate(
      inner,
      orders.filter((order) => !held.has(order.orderId)),
      ended,
    );
    const events = await moveStock(inner, [...sold(inner.newId, linesOf(ended)), ...late.moves]);
    // What was decided on a late order before what comes for it afterwards.
    await emit(inner, ...late.events, ...events);
  });
}

interface Late {
  moves: StockMove[];
  events: NewEvent[];
}

const keyed = (orders: readonly PaidOrder[]): Map<string, PaidOrder> =>
  new Map(orders.map((order) => [order.orderId, order]));

async function commitLate(
  ctx: Context,
  orders: readonly PaidOrder[],
  inTime: readonly EndedReservation[],
): Promise<Late> {
  if (orders.length === 0) return { moves: [], events: [] };
  const now = ctx.clock();
  const alsoMoved = linesOf(inTime);
  // Policies before reservations. Those of orders in time are held already; a circle that comes of it is run again.
  let rooms = await holdPolicies(
    ctx,
    orders.flatMap((order) => order.lines.map((line) => line.variantId)),
  );
  const ids = [...keyed(orders).keys()];
  // An order that never asked gets a row too: what is not there can't be locked, and a twin would take stock again.
  await noteUnknown(ctx.db, ids, 'EXPIRED', now);
  // That has waited for a request that was still being decided: what it holds since is in time after all.
  const decided = linesOf(await endReservations(ctx.db, 'commit', ids, now));
  const lapsed = await lockLapsed(ctx.db, ids);
  if (lapsed.length === 0) return { moves: sold(ctx.newId, decided), events: [] };
  const cancellations = await findCancellations(ctx.db, lapsed);
  const wanted = lapsed.map((orderId) => {
    const order = keyed(orders).get(orderId);
    const cancelled = cancellations.filter(
      (one) => one.orderId === orderId && one.aggregateSeq > (order?.aggregateSeq ?? 0),
    );
    const lines = remainingLines(
      order?.lines ?? [],
      cancelled.flatMap((one) => one.lines),
    );
    return { orderId, linesSeq: order?.aggregateSeq ?? 0, lines };
  });

  // All that this transaction will move, also for orders in time, or the common order of locks would be broken.
  const variantIds = new Set(
    [...wanted.flatMap((order) => order.lines), ...alsoMoved, ...decided].map((line) => line.variantId),
  );
  let free: FreeLevel[] = (await lockStock(ctx, [...variantIds]))
    .filter((level) => level.active)
    .map((level) => ({ ...level, available: level.onHand - level.reserved }));
  const commits: LateCommit[] = [];
  const waiting: (OrderLine & { orderId: string })[] = [];
  const failed: string[] = [];
  for (const { orderId, linesSeq, lines } of wanted) {
    const allocation = allocate(free, lines, { strategy: ctx.config.stock.allocation, rooms });
    if ('shortages' in allocation) {
      failed.push(orderId);
      continue;
    }
    free = afterTaking(free, allocation.allocated);
    rooms = lessRoom(rooms, allocation.backordered);
    commits.push({ orderId, linesSeq, lines: allocation.allocated });
    waiting.push(...allocation.backordered.map((line) => ({ ...line, orderId })));
  }
  if (commits.length > 0) await commitLapsed(ctx.db, commits, now);
  await startWaiting(ctx, waiting);
  if (failed.length > 0) await markCommitFailed(ctx.db, failed, now);
  const linesOfOrders = commits.flatMap(({ orderId, lines }) => lines.map((line) => ({ ...line, orderId })));
  return {
    moves: [...sold(ctx.newId, decided), ...soldLate(ctx.newId, linesOfOrders)],
    events: [
      ...failed.map((orderId) => event('StockCommitFailed', orderId, { orderId })),
      ...(await committedLate(
        ctx,
        wanted.filter(({ orderId }) => !failed.includes(orderId)),
        waiting,
      )),
    ],
  };
}

/** Tells orders what waits now of those that were paid late: it may be something else than when they were placed. */
async function committedLate(
  ctx: Context,
  orders: readonly { orderId: string; lines: readonly OrderLine[] }[],
  waiting: readonly (OrderLine & { orderId: string })[],
): Promise<NewEvent[]> {
  const expected = await whenExpected(ctx, [...new Set(waiting.map((line) => line.variantId))]);
  return orders.map(({ orderId, lines }) => {
    const waits = new Map(
      waiting.flatMap((line) => (line.orderId === orderId ? [[line.variantId, line.quantity]] : [])),
    );
    return event('StockCommittedLate', orderId, {
      orderId,
      lines: sumLines(lines).map(({ variantId, quantity }) => ({
        ...{ variantId, pieces: quantity, waiting: waits.get(variantId) ?? 0 },
        expectedAt: expected.get(variantId)?.toISOString() ?? null,
      })),
    });
  });
}

const lessRoom = (rooms: ReadonlyMap<string, number>, waiting: readonly OrderLine[]): Map<string, number> => {
  const left = new Map(rooms);
  for (const { variantId, quantity } of waiting) left.set(variantId, (left.get(variantId) ?? 0) - quantity);
  return left;
};

/**
 * Orders has sent, or packed, goods of which we told that they are gone: they were there, so the count was wrong by them. They
 * are found and sold, from where they were reserved once; on hand stays. A reservation that was sold meanwhile stays as it is.
 */
export async function commitShipped(ctx: Context, order: PaidOrder): Promise<void> {
  const { orderId, aggregateSeq } = order;
  const lines = sumLines(order.lines);
  await transact(ctx, async (inner) => {
    const variantIds = lines.map((line) => line.variantId);
    await holdPoliciesOfOrders(inner, [orderId], variantIds);
    const reservation = await lockReservation(inner.db, orderId);
    if (!reservation || !isLapsed(reservation.status)) return;
    const levels = await lockStock(inner, variantIds);
    const once = takeBack(reservation.lines, lines);
    const places = [...once, ...missing(once, lines).map((line) => somewhere(line, levels))];
    const taken = inOneEach(places);
    await commitLapsed(inner.db, [{ orderId, linesSeq: aggregateSeq, lines: taken }], inner.clock());
    const moves = foundAndSold(
      inner.newId,
      taken.map((line) => ({ ...line, orderId })),
    );
    await emit(inner, ...(await moveStock(inner, moves)));
  });
}

const isLapsed = (status: ReservationStatus): boolean =>
  transitions.commitLate.from.some((one) => one === status);

/** Of what was never reserved nobody knows where it lay: where most of it lies. */
function somewhere(line: OrderLine, levels: readonly StockLevel[]): AllocatedLine {
  const [most] = levels
    .filter(({ variantId }) => variantId === line.variantId)
    .sort((a, b) => b.onHand - a.onHand);
  if (!most) throw new Error(`Variant ${line.variantId} was sent and lies in no warehouse.`);
  return { ...line, warehouseId: most.warehouseId };
}

/** One line per variant and warehouse. */
function inOneEach(lines: readonly AllocatedLine[]): AllocatedLine[] {
  const sums = new Map<string, AllocatedLine>();
  for (const line of lines) {
    const key = `${line.variantId}/${line.warehouseId}`;
    sums.set(key, { ...line, quantity: (sums.get(key)?.quantity ?? 0) + line.quantity });
  }
  return [...sums.values()];
}
