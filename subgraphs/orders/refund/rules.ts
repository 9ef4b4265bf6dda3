/** A refund: an amount on its way back to the customer. It is noted first and sent after, under the same id. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
import type { Timer } from '../../shared/events/timers.js';
import { isPaid, refundable, type Order, type OrderRefund } from '../order/rules.js';
import type { PaymentState } from '../order/states.js';

/** Sends the refund should who noted it have died before. */
export const refundTimer = (orderId: string, refundId: string, runAt: Date): Timer => ({
  consumer: 'timers',
  type: 'RefundDue',
  aggregateId: orderId,
  key: refundId,
  payload: { refundId },
  runAt,
});

/** The order with a refund asked for; as it is where it has that one already. Never more than was paid and is left. */
export function withRefund(order: Order, refund: Omit<OrderRefund, 'status'>): Order {
  if (order.refunds.some((one) => one.id === refund.id)) return order;
  if (refund.amount <= 0n || refund.amount > refundable(order))
    throw new Error(`${refund.amount} of order ${order.id} cannot be given back.`);
  return { ...order, refunds: [...order.refunds, { ...refund, status: 'REQUESTED' }] };
}

function paymentStateAfter(order: Order, refundedAmount: bigint, reason: string): PaymentState {
  if (!isPaid(order)) return order.paymentState;
  if (refundedAmount >= order.paidAmount) return 'REFUNDED';
  // What was paid too much is not part of the order.
  return reason === 'OVERPAID' ? order.paymentState : 'PARTIALLY_REFUNDED';
}

/**
 * The order after a refund went through or failed; null where that is known. `unknown` is one that payments tells of and
 * nobody asked for here: staff made it at the provider.
 */
export function withSettledRefund(
  order: Order,
  refundId: string,
  status: 'SUCCEEDED' | 'FAILED',
  step: { id: string; at: Date },
  unknown?: { amount: bigint },
): { order: Order; events: NewEvent[] } | null {
  const known = order.refunds.find((one) => one.id === refundId);
  if (known?.status === status || known?.status === 'SUCCEEDED') return null;
  const refund: OrderRefund | undefined =
    known ??
    (unknown && { id: refundId, ...unknown, reason: 'PROVIDER', status: 'REQUESTED', requestedAt: step.at });
  if (!refund) return null;
  const settled = { ...refund, status };
  const refunds = known
    ? order.refunds.map((one) => (one === known ? settled : one))
    : [...order.refunds, settled];
  if (status === 'FAILED') return { order: { ...order, refunds }, events: [] };
  const refundedAmount = order.refundedAmount + refund.amount;
  const { id: orderId, customerId, currencyCode } = order;
  return {
    order: {
      ...order,
      refunds,
      refundedAmount,
      paymentState: paymentStateAfter(order, refundedAmount, refund.reason),
      steps: [...order.steps, { ...step, kind: 'REFUNDED' }],
    },
    events: [
      event('OrderRefunded', orderId, {
        orderId,
        customerId,
        amount: refund.amount.toString(),
        currencyCode,
      }),
    ],
  };
}
