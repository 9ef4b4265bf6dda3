import type { Context } from '../context.js';
import type { Decision } from '../order/service.js';
import { releasePromotions } from '../promotion/service.js';
import { firstRefundTimer } from '../refund/service.js';
import type { Cancelled } from './rules.js';

/** What belongs into a cancellation's transaction: its refund's timer, and its promotions for others. */
export function cancelDecision(ctx: Context, { order, events, refundId }: Cancelled): Decision {
  const timers = refundId === null ? [] : [firstRefundTimer(ctx, order.id, refundId)];
  const redeemed = order.orderState === 'CANCELLED' && order.discounts.length > 0;
  return { order, events, timers, ...(redeemed && { also: (inner) => releasePromotions(inner, order.id) }) };
}
