/** Goods that a customer sent back and that can be sold again. */
import { emit } from '../../shared/events/outbox.js';
import { transact } from '../../shared/transaction.js';
import type { OrderLine } from '../allocation/rules.js';
import { holdPoliciesOfOrders } from '../backorder/service.js';
import type { Context } from '../context.js';
import { moveStock } from '../stock/movement.js';
import { sentBack } from './moves.js';
import { takeBack } from './rules.js';
import { lockReservation, noteCancellation, reduceLines } from './store.js';

export interface ReturnedGoods {
  returnId: string;
  orderId: string;
  /** Number of the event among those of its order. */
  aggregateSeq: number;
  lines: OrderLine[];
}

/**
 * Puts returned goods where they were sold from, once per return: it is noted like a cancellation, under the return's id,
 * and the reservation then says what the customer keeps. Throws where the goods are not sold yet: the news of the payment
 * is late then, and the event is handled again after it.
 */
export async function restockReturn(ctx: Context, goods: ReturnedGoods): Promise<void> {
  await transact(ctx, async (inner) => {
    const { returnId, orderId, aggregateSeq, lines } = goods;
    if (!(await noteCancellation(inner.db, { eventId: returnId, orderId, aggregateSeq, lines }))) return;
    await holdPoliciesOfOrders(inner, [orderId]);
    const reservation = await lockReservation(inner.db, orderId);
    if (reservation?.status !== 'COMMITTED')
      throw new Error(`Return ${returnId}: the goods of order ${orderId} are not sold.`);
    const back = takeBack(reservation.lines, lines).map((line) => ({ ...line, orderId }));
    await reduceLines(inner.db, orderId, back);
    await emit(inner, ...(await moveStock(inner, sentBack(inner.newId, back))));
  });
}
