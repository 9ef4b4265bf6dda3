/** A cancelled order's stock, or that of some of its lines: what is held is released, what was sold comes back. */
import { emit } from '../../shared/events/outbox.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { moveStock } from '../stock/service.js';
import { released, returned } from './moves.js';
import { takeBack } from './rules.js';
import {
  endReservations,
  lockReservation,
  markCancelled,
  noteCancellation,
  reduceLines,
  type LineCancellation,
} from './store.js';

/** Ends the orders' reservations for good, whatever else is told of them later. */
export async function cancelReservations(ctx: Context, orderIds: readonly string[]): Promise<void> {
  await transact(ctx, async (inner) => {
    const now = inner.clock();
    await markCancelled(inner.db, orderIds, now);
    const ended = await endReservations(inner.db, 'cancel', orderIds, now);
    const moves = [
      ...released(ended.filter((line) => line.was === 'OPEN')),
      ...returned(
        inner.newId,
        ended.filter((line) => line.was === 'COMMITTED'),
      ),
    ];
    await emit(inner, ...(await moveStock(inner, moves)));
  });
}

/**
 * Takes lines out of an order's reservation, once per event. Noted also where nothing is held now: an order that is paid
 * late takes stock for what is left of it alone.
 */
export async function cancelReservationLines(ctx: Context, cancellation: LineCancellation): Promise<void> {
  await transact(ctx, async (inner) => {
    const { orderId, aggregateSeq, lines } = cancellation;
    if (!(await noteCancellation(inner.db, cancellation))) return;
    const reservation = await lockReservation(inner.db, orderId);
    if (!reservation || aggregateSeq <= reservation.linesSeq) return;
    const { status } = reservation;
    if (status !== 'OPEN' && status !== 'COMMITTED') return;
    const taken = takeBack(reservation.lines, lines).map((line) => ({ ...line, orderId }));
    if (taken.length === 0) return;
    await reduceLines(inner.db, orderId, taken);
    const moves = status === 'OPEN' ? released(taken) : returned(inner.newId, taken);
    await emit(inner, ...(await moveStock(inner, moves)));
  });
}
