import type { EventOf, Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { cancelReservationLines, cancelReservations } from './cancel.js';
import { endReservationChange } from './change.js';
import { commitReservations, commitShipped } from './commit.js';
import { expireReservations } from './expire.js';
import { restockReturn } from './restock.js';

type Sold = EventOf<'OrderPaid'> | EventOf<'OrderConfirmed'>;

/** What is paid, or for which money is set aside, is sold; when it is paid after that nothing is left to do. */
const sell = (ctx: Context, batch: readonly Sold[]): Promise<void> =>
  commitReservations(
    ctx,
    batch.map(({ aggregateSeq, payload }) => ({
      orderId: payload.orderId,
      aggregateSeq,
      lines: payload.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
    })),
  );

export const OrderPaid = (ctx: Context, batch: EventOf<'OrderPaid'>[]): Promise<void> => sell(ctx, batch);
export const OrderConfirmed = (ctx: Context, batch: EventOf<'OrderConfirmed'>[]): Promise<void> =>
  sell(ctx, batch);

export const OrderCancelled = (ctx: Context, batch: EventOf<'OrderCancelled'>[]): Promise<void> =>
  cancelReservations(
    ctx,
    batch.map(({ payload }) => payload.orderId),
  );

export async function OrderLinesCancelled(
  ctx: Context,
  batch: EventOf<'OrderLinesCancelled'>[],
): Promise<void> {
  for (const { id, aggregateSeq, payload } of batch) {
    const { orderId, lines } = payload;
    await cancelReservationLines(ctx, { eventId: id, orderId, aggregateSeq, lines });
  }
}

type Edited = EventOf<'OrderChanged'> | EventOf<'OrderEditAbandoned'>;

/** What became of an edit, either way: the order has these lines. */
async function endEdits(ctx: Context, batch: readonly Edited[]): Promise<void> {
  for (const { aggregateSeq, payload } of batch) {
    const { orderId, editId, lines } = payload;
    await endReservationChange(ctx, { orderId, changeId: editId, aggregateSeq, lines });
  }
}

export const OrderChanged = (ctx: Context, batch: EventOf<'OrderChanged'>[]): Promise<void> =>
  endEdits(ctx, batch);
export const OrderEditAbandoned = (ctx: Context, batch: EventOf<'OrderEditAbandoned'>[]): Promise<void> =>
  endEdits(ctx, batch);

/** What was there after all is sold. */
export async function OrderShippedUnreserved(
  ctx: Context,
  batch: EventOf<'OrderShippedUnreserved'>[],
): Promise<void> {
  for (const { aggregateSeq, payload } of batch) await commitShipped(ctx, { ...payload, aggregateSeq });
}

/** Goods that came back; those written off are sold, and stay so. */
export async function ReturnReceived(ctx: Context, batch: EventOf<'ReturnReceived'>[]): Promise<void> {
  for (const { aggregateSeq, payload } of batch) {
    const { returnId, orderId, restock, lines } = payload;
    if (restock) await restockReturn(ctx, { returnId, orderId, aggregateSeq, lines });
  }
}

/** A reservation's time may be over; one that was extended has a later timer. */
export const ReservationExpiry = (ctx: Context, batch: Message<never>[]): Promise<void> =>
  expireReservations(
    ctx,
    batch.map((message) => message.aggregateId),
  );
