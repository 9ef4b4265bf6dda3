/** Where an order stands on its usual way. A pure view of its steps and axes. */
import { hasAllArrived, hasAllLeft, isPaid, type Order, type StepKind } from './rules.js';

export type OrderPhase =
  'VALIDATED' | 'RESERVED' | 'PAYMENT' | 'CONFIRMED' | 'STOCK' | 'PROCESSING' | 'SHIPPED' | 'DELIVERED';

export interface ProgressStep {
  phase: OrderPhase;
  state: 'DONE' | 'CURRENT' | 'UPCOMING' | 'FAILED';
  at: Date | null;
}

/** When the last step of one of these kinds was; null where there was none. */
const lastOf = (order: Order, ...kinds: StepKind[]): Date | null =>
  order.steps.findLast(({ kind }) => kinds.includes(kind))?.at ?? null;

/** Phases that are behind, with their times. An order is written only when it was checked and its stock held. */
function doneOf(order: Order): Partial<Record<OrderPhase, Date>> {
  const wasPaid = isPaid(order) || order.paymentState === 'REFUNDED';
  const waited = order.steps.some(({ kind }) => kind === 'STOCK_ARRIVED');
  const waits = order.items.some(({ backorderedQuantity }) => backorderedQuantity > 0);
  const paid = wasPaid ? (lastOf(order, 'PAID') ?? order.createdAt) : null;
  const confirmed = lastOf(order, 'AUTHORIZED') ?? paid;
  const packed = lastOf(order, 'PROCESSING') ?? lastOf(order, 'SHIPPED');
  const times: [OrderPhase, Date | null][] = [
    ['VALIDATED', order.createdAt],
    ['RESERVED', order.createdAt],
    ['PAYMENT', paid],
    ['CONFIRMED', confirmed],
    ['STOCK', waited && !waits ? lastOf(order, 'STOCK_ARRIVED') : null],
    ['PROCESSING', packed],
    ['SHIPPED', hasAllLeft(order) ? lastOf(order, 'SHIPPED') : null],
    ['DELIVERED', hasAllArrived(order) ? lastOf(order, 'DELIVERED') : null],
  ];
  return Object.fromEntries(times.filter(([, at]) => at !== null));
}

/**
 * Every phase with its state: what is behind is DONE, the first that is not is CURRENT, or FAILED where the order ended there
 * or its payment was declined. Nothing is to come of an order that has ended.
 */
export function progressOf(order: Order): ProgressStep[] {
  const done = doneOf(order);
  const wasShort =
    done.STOCK !== undefined || order.items.some(({ backorderedQuantity }) => backorderedQuantity > 0);
  const phases: OrderPhase[] = [
    ...(['VALIDATED', 'RESERVED', 'PAYMENT', 'CONFIRMED'] as const),
    ...(wasShort ? (['STOCK'] as const) : []),
    ...(['PROCESSING', 'SHIPPED', 'DELIVERED'] as const),
  ];
  const cancelledAt =
    order.orderState === 'CANCELLED' ? (lastOf(order, 'CANCELLED') ?? order.createdAt) : null;
  const declinedAt = order.paymentState === 'FAILED' ? lastOf(order, 'PAYMENT_FAILED') : null;
  const first = phases.find((phase) => done[phase] === undefined);
  return phases.flatMap((phase): ProgressStep[] => {
    const at = done[phase];
    if (at) return [{ phase, state: 'DONE', at }];
    const failedAt = cancelledAt ?? (phase === 'PAYMENT' ? declinedAt : null);
    if (phase === first)
      return [failedAt ? { phase, state: 'FAILED', at: failedAt } : { phase, state: 'CURRENT', at: null }];
    return cancelledAt || order.orderState === 'COMPLETED' ? [] : [{ phase, state: 'UPCOMING', at: null }];
  });
}
