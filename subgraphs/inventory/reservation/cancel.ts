/** A cancelled order's stock, or that of some of its lines: what is held is released, what was sold comes back. */
import { emit } from '../../shared/events/outbox.js';
import { transact } from '../../shared/transaction.js';
import { takeWaiting } from '../backorder/rules.js';
import { holdPoliciesOfOrders, stopWaiting } from '../backorder/service.js';
import type { Context } from '../context.js';
import { moveStock } from '../stock/movement.js';
import { uncounted } from './change-rules.js';
import { released, returned } from './moves.js';
import { sumLines, takeBack } from './rules.js';
import { findOpenChanges } from './change-store.js';
import {
  endReservations,
  linesOf,
  lockReservation,
  markCancelled,
  noteCancellation,
  reduceLines,
  type EndedReservation,
  type LineCancellation,
} from './store.js';

/** Variants for which fewer pieces wait now: there may be room again for more. */
export const noLongerWaited = (ended: readonly EndedReservation[]): string[] => [
  ...new Set(ended.flatMap(({ backordered }) => backordered.map((line) => line.variantId))),
];

/** Ends the orders' reservations for good, whatever else is told of them later. */
export async function cancelReservations(ctx: Context, orderIds: readonly string[]): Promise<void> {
  await transact(ctx, async (inner) => {
    const now = inner.clock();
    await holdPoliciesOfOrders(inner, orderIds);
    await markCancelled(inner.db, orderIds, now);
    const ended = await endReservations(inner.db, 'cancel', orderIds, now);
    const moves = [
      ...released(linesOf(ended.filter((one) => one.was === 'OPEN'))),
      ...returned(inner.newId, linesOf(ended.filter((one) => one.was === 'COMMITTED'))),
    ];
    await emit(inner, ...(await moveStock(inner, moves, noLongerWaited(ended))));
  });
}

/**
 * Takes lines out of an order's reservation, once per event: first what has not come yet. Noted also where nothing is held
 * now: an order that is paid late takes stock for what is left of it alone.
 */
export async function cancelReservationLines(ctx: Context, cancellation: LineCancellation): Promise<void> {
  await transact(ctx, async (inner) => {
    const { orderId, aggregateSeq, lines } = cancellation;
    if (!(await noteCancellation(inner.db, cancellation))) return;
    await holdPoliciesOfOrders(inner, [orderId]);
    const reservation = await lockReservation(inner.db, orderId);
    if (!reservation || aggregateSeq <= reservation.linesSeq) return;
    const { status } = reservation;
    if (status !== 'OPEN' && status !== 'COMMITTED') return;
    // The end of a change that is open tells what is left of the order, these lines out of it.
    const open = await findOpenChanges(inner.db, orderId);
    const has = [...reservation.lines, ...reservation.waiting];
    const ending = open.length > 0 ? uncounted(has, lines, open) : sumLines(lines);
    const { waiting, rest } = takeWaiting(reservation.waiting, ending);
    await stopWaiting(inner, orderId, waiting);
    const taken = takeBack(reservation.lines, rest).map((line) => ({ ...line, orderId }));
    if (taken.length > 0) await reduceLines(inner.db, orderId, taken);
    const moves = status === 'OPEN' ? released(taken) : returned(inner.newId, taken);
    const fewer = waiting.map((line) => line.variantId);
    await emit(inner, ...(await moveStock(inner, moves, fewer)));
  });
}
