import type { Decision } from '../order/service.js';
import { releasePromotions } from '../promotion/service.js';
import { scheduleRefund } from '../refund/service.js';
import type { Cancelled } from './rules.js';

/** What belongs into a cancellation's transaction: its refund's timer, and its promotions for others. */
export const cancelDecision = ({ order, events, refundId }: Cancelled): Decision => ({
  order,
  events,
  also: async (inner) => {
    if (order.orderState === 'CANCELLED' && order.discounts.length > 0)
      await releasePromotions(inner, order.id);
    if (refundId !== null) await scheduleRefund(inner, order.id, refundId);
  },
});
