import type { EventOf } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { changeOrder } from '../order/service.js';
import { withRenewedWaiting, withStock } from './rules.js';

/** Notes that stock has come for what the order waited for, once per event. */
export async function stockArrived(
  ctx: Context,
  { id, aggregateSeq: seq, payload }: EventOf<'BackorderFilled'>,
): Promise<void> {
  await changeOrder(ctx, payload.orderId, (order) => {
    const next = withStock(order, payload.lines, { id, at: ctx.clock(), seq });
    return next && { order: next };
  });
}

/** Notes what of an order waits for stock that was paid when its reservation had lapsed; whatever it was when it was placed. */
export async function stockCommittedLate(
  ctx: Context,
  { aggregateSeq, payload }: EventOf<'StockCommittedLate'>,
): Promise<void> {
  const lines = payload.lines.map(({ expectedAt, ...line }) => ({
    ...line,
    expectedAt: expectedAt === null ? null : new Date(expectedAt),
  }));
  await changeOrder(ctx, payload.orderId, (order) => {
    const next = withRenewedWaiting(order, lines, aggregateSeq);
    return next && { order: next };
  });
}
