import type { Context } from '../context.js';
import { changeOrder } from '../order/service.js';
import { withStock } from './rules.js';

/** Notes that stock has come for what the order waited for, once per event. */
export async function stockArrived(
  ctx: Context,
  {
    orderId,
    lines,
    eventId,
  }: { orderId: string; lines: { variantId: string; quantity: number }[]; eventId: string },
): Promise<void> {
  await changeOrder(ctx, orderId, (order) => {
    const next = withStock(order, lines, { id: eventId, at: ctx.clock() });
    return next && { order: next };
  });
}
