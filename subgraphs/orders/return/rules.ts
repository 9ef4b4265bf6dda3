/** A return: articles of an order on their way back, and what their coming back makes of the order. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
import type { Timer } from '../../shared/events/timers.js';
import { idFromName } from '../../shared/ids.js';
import { amountOf, areWithin, type LineQuantity } from '../cancellation/rules.js';
import { fulfilmentOf } from '../order/fulfilment.js';
import {
  refundable,
  returnedQuantity,
  type Order,
  type OrderItem,
  type OrderStep,
  type Return,
  type ReturnReason,
  type ReturnStatus,
  type StepKind,
} from '../order/rules.js';
import { withRefund } from '../refund/rules.js';

/** Where a return may go from where it is; what is not here is not allowed. */
export const transitions = {
  REQUESTED: ['APPROVED', 'REJECTED'],
  APPROVED: ['RECEIVED', 'EXPIRED'],
  REJECTED: [],
  RECEIVED: [],
  EXPIRED: [],
} as const satisfies Record<ReturnStatus, readonly ReturnStatus[]>;

export const mayBecome = ({ status }: Return, to: ReturnStatus): boolean =>
  (transitions[status] as readonly ReturnStatus[]).includes(to);

/** Pieces of the item that were shipped and are in no return that stands. */
export function returnableQuantity(order: Order, item: OrderItem): number {
  const inReturns = order.returns
    .filter(({ status }) => status !== 'REJECTED' && status !== 'EXPIRED')
    .flatMap(({ received, lines }): LineQuantity[] => received ?? lines)
    .reduce((sum, line) => (line.itemId === item.id ? sum + line.quantity : sum), 0);
  return item.shippedQuantity - inReturns;
}

/** Until when the customer may ask to send the item back: so long after its last parcel arrived; null while one is on its way. */
export function returnableUntil(order: Order, itemId: string, timeMs: number): Date | null {
  const parcels = order.shipments.filter(
    ({ shippedAt, lines }) => shippedAt !== null && lines.some((line) => line.itemId === itemId),
  );
  const arrivals = parcels.map(({ deliveredAt }) => deliveredAt?.getTime() ?? Infinity);
  const last = Math.max(...arrivals);
  return Number.isFinite(last) ? new Date(last + timeMs) : null;
}

/** Decides on a return that nobody decided on, and ends one that nobody sent. */
export const returnTimer = (orderId: string, returnId: string, runAt: Date): Timer => ({
  ...{ consumer: 'timers', type: 'ReturnDue', aggregateId: orderId, key: returnId },
  ...{ payload: { returnId }, runAt },
});

/** Whether the lines name items of the order and no more than can come back of each. */
export const areReturnable = (order: Order, lines: readonly LineQuantity[]): boolean =>
  areWithin(order, lines, (item) => returnableQuantity(order, item));

export interface Changed {
  order: Order;
  events: NewEvent[];
}

const withStep = (order: Order, step: OrderStep): Order => ({ ...order, steps: [...order.steps, step] });

/** The order with a return asked for; the lines are returnable ones of it. */
export function withReturn(
  order: Order,
  { id, lines, reason }: { id: string; lines: readonly LineQuantity[]; reason: ReturnReason },
  at: Date,
): Changed {
  const asked: Return = {
    ...{
      id,
      reason,
      status: 'REQUESTED',
      restocked: null,
      received: null,
      labelUrl: null,
      trackingNumber: null,
    },
    lines: lines.map(({ itemId, quantity }) => ({ itemId, quantity })),
    ...{ requestedAt: at, decidedAt: null, receivedAt: null },
  };
  const { id: orderId, customerId } = order;
  return {
    order: withStep({ ...order, returns: [...order.returns, asked] }, { id, kind: 'RETURN_REQUESTED', at }),
    events: [event('ReturnRequested', orderId, { orderId, customerId, returnId: id })],
  };
}

const replaced = (order: Order, one: Return, changes: Partial<Return>): Order => ({
  ...order,
  returns: order.returns.map((other) => (other === one ? { ...one, ...changes } : other)),
});

const decisions = {
  APPROVED: { kind: 'RETURN_APPROVED', type: 'ReturnApproved' },
  REJECTED: { kind: 'RETURN_REJECTED', type: 'ReturnRejected' },
} as const satisfies Record<string, { kind: StepKind; type: string }>;

/** The order with a requested return approved or rejected. */
export function withDecision(
  order: Order,
  one: Return,
  status: keyof typeof decisions,
  step: { id: string; at: Date },
  label: Partial<Pick<Return, 'labelUrl' | 'trackingNumber'>> = {},
): Changed {
  const { kind, type } = decisions[status];
  const { id: orderId, customerId } = order;
  return {
    order: withStep(replaced(order, one, { ...label, status, decidedAt: step.at }), { ...step, kind }),
    events: [event(type, orderId, { orderId, customerId, returnId: one.id })],
  };
}

/** The refund of a return has an id made of the return's: there is one, whoever receives it how often. */
export const refundIdOf = (returnId: string): string => idFromName('refund', returnId);

/** What was given back for the return. */
export function refundedFor(order: Order, { id }: Return): bigint {
  const refund = order.refunds.find((one) => one.id === refundIdOf(id));
  return refund?.status === 'SUCCEEDED' ? refund.amount : 0n;
}

/** What the pieces cost, after discounts; those cancelled or come back before count as the first ones. */
const valueOf = (order: Order, lines: readonly LineQuantity[]): bigint =>
  order.items.reduce((sum, item) => {
    const quantity = lines.find((line) => line.itemId === item.id)?.quantity ?? 0;
    return sum + amountOf(item, quantity, item.cancelledQuantity + returnedQuantity(order, item.id));
  }, 0n);

const withShipping = 'RETURNED_WITH_SHIPPING';

/** Whether what its shipping cost was given back with a return. */
export const hasShippingBack = (order: Order): boolean =>
  order.refunds.some(({ reason, status }) => reason === withShipping && status !== 'FAILED');

export type ReceivedLine = NonNullable<Return['received']>[number];

export interface Receipt {
  lines: ReceivedLine[];
  /** Whether what the shipping cost is given back too. */
  refundShipping: boolean;
}

export interface Received extends Changed {
  refundId: string | null;
}

/** What is told of the goods: those to be sold again, or all of them where none is. */
function newsOf(order: Order, returnId: string, lines: readonly ReceivedLine[]): NewEvent {
  const { id: orderId, customerId } = order;
  const again = lines.filter(({ restocked }) => restocked);
  const told = (again.length > 0 ? again : lines).flatMap(({ itemId, quantity }) => {
    const variantId = order.items.find(({ id }) => id === itemId)?.variantId;
    return variantId ? [{ variantId, quantity }] : [];
  });
  return event('ReturnReceived', orderId, {
    orderId,
    customerId,
    returnId,
    restock: again.length > 0,
    lines: told,
  });
}

/**
 * The order with what came of an approved return. Its price is given back where it was paid and is not on its way back
 * already. Articles that did not come are in no return any more. An order that is back as a whole is done.
 */
export function withReceipt(
  order: Order,
  one: Return,
  receipt: Receipt,
  step: { id: string; at: Date },
): Received {
  const { lines, refundShipping } = receipt;
  const restocked = lines.every((line) => line.restocked);
  const back = replaced(order, one, { status: 'RECEIVED', restocked, received: lines, receivedAt: step.at });
  const fulfilmentState = fulfilmentOf(back);
  const received = withStep(
    { ...back, fulfilmentState, orderState: fulfilmentState === 'RETURNED' ? 'COMPLETED' : order.orderState },
    { ...step, kind: 'RETURN_RECEIVED' },
  );
  const events = [newsOf(order, one.id, lines)];
  const value = valueOf(order, lines) + (refundShipping ? order.shipping.gross : 0n);
  const left = refundable(order);
  const amount = value < left ? value : left;
  if (amount <= 0n) return { order: received, events, refundId: null };
  const id = refundIdOf(one.id);
  const reason = refundShipping ? withShipping : 'RETURNED';
  return { order: withRefund(received, { id, amount, reason, requestedAt: step.at }), events, refundId: id };
}

/** The order with an approved return that nobody sent; its articles can be asked for again. */
export const withExpiry = (order: Order, one: Return, step: { id: string; at: Date }): Order =>
  withStep(replaced(order, one, { status: 'EXPIRED' }), { ...step, kind: 'RETURN_EXPIRED' });
