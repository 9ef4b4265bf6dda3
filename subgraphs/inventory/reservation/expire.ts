/**
 * Reservations whose time is over. Orders is asked first: stock is not let go while a payment is under way whose end the
 * provider has not confirmed. Where orders can't be asked it stays held too, but never longer than the shop's maximum.
 */
import { emit, type NewEvent } from '../../shared/events/outbox.js';
import { schedule } from '../../shared/events/timers.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { ReservationHoldsDocument } from '../operations/orders.generated.js';
import { moveStock } from '../stock/movement.js';
import { noLongerWaited } from './cancel.js';
import { released } from './moves.js';
import { keepUntil, type DueReservation, type HoldAnswer } from './rules.js';
import { findDue, prolongDue, type Held } from './hold-store.js';
import { endReservations, linesOf } from './store.js';
import { expiryTimer } from './service.js';

/** Asked of orders at once, at most: more is tried again by the timers of the others. */
const batch = 500;

/** Ends those of the orders' reservations whose time is over, and with them others that are due. */
export async function expireReservations(ctx: Context, orderIds: readonly string[]): Promise<void> {
  const due = await findDue(ctx.db, orderIds, ctx.clock(), batch);
  if (due.length === 0) return;
  const answerFor = await askOrders(ctx, due);
  const kept: Held[] = [];
  const over: string[] = [];
  for (const reservation of due) {
    const answer = answerFor(reservation.orderId);
    const until = keepUntil(reservation, answer, ctx.clock(), ctx.config.stock.maxHoldMs);
    if (until) kept.push({ orderId: reservation.orderId, until });
    else over.push(reservation.orderId);
  }
  if (kept.length > 0) await keep(ctx, kept);
  if (over.length > 0) await letGo(ctx, over);
}

/** A transaction of its own: it locks reservations alone, `letGo` policies before them. */
const keep = (ctx: Context, kept: readonly Held[]): Promise<void> =>
  transact(ctx, async (inner) => {
    const stillDue = await prolongDue(inner.db, kept, inner.clock());
    await schedule(inner, ...stillDue.map(({ orderId, until }) => expiryTimer(orderId, until)));
  });

const letGo = (ctx: Context, orderIds: readonly string[]): Promise<void> =>
  transact(ctx, async (inner) => {
    const now = inner.clock();
    const ended = await endReservations(inner.db, 'expire', orderIds, now, now);
    const expired = ended.map(({ orderId }): NewEvent => ({
      type: 'ReservationExpired',
      aggregateId: orderId,
      payload: { orderId },
    }));
    const moved = await moveStock(inner, released(linesOf(ended)), noLongerWaited(ended));
    await emit(inner, ...moved, ...expired);
  });

/** What orders says of each; nothing is known of any where it can't be asked. */
async function askOrders(
  ctx: Context,
  due: readonly DueReservation[],
): Promise<(orderId: string) => HoldAnswer> {
  try {
    const orderIds = due.map((one) => one.orderId);
    const { reservationHolds } = await ctx.call('orders', ReservationHoldsDocument, { orderIds });
    const holds = new Map(
      reservationHolds.map((one) => [one.orderId, one.holdUntil === null ? null : new Date(one.holdUntil)]),
    );
    return (orderId) => (holds.has(orderId) ? (holds.get(orderId) ?? null) : 'UNKNOWN');
  } catch (error) {
    ctx.log.warn(
      { err: error },
      'orders cannot say whether stock is to be held longer: it stays held for now',
    );
    return () => 'UNKNOWN';
  }
}
