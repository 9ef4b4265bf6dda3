/** A return: articles of an order on their way back, and what their coming back makes of the order. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
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
  APPROVED: ['RECEIVED'],
  REJECTED: [],
  RECEIVED: [],
} as const satisfies Record<ReturnStatus, readonly ReturnStatus[]>;

export const mayBecome = ({ status }: Return, to: ReturnStatus): boolean =>
  (transitions[status] as readonly ReturnStatus[]).includes(to);

/** Pieces of the item that were shipped and are in no return that stands. */
export function returnableQuantity(order: Order, item: OrderItem): number {
  const inReturns = order.returns
    .filter(({ status }) => status !== 'REJECTED')
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => (line.itemId === item.id ? sum + line.quantity : sum), 0);
  return item.shippedQuantity - inReturns;
}

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
    ...{ id, reason, status: 'REQUESTED', restocked: null },
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
): Changed {
  const { kind, type } = decisions[status];
  const { id: orderId, customerId } = order;
  return {
    order: withStep(replaced(order, one, { status, decidedAt: step.at }), { ...step, kind }),
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

/** What the pieces of the return cost, after discounts; those cancelled or come back before count as the first ones. */
const valueOf = (order: Order, { lines }: Return): bigint =>
  order.items.reduce((sum, item) => {
    const quantity = lines.find((line) => line.itemId === item.id)?.quantity ?? 0;
    return sum + amountOf(item, quantity, item.cancelledQuantity + returnedQuantity(order, item.id));
  }, 0n);

export interface Received extends Changed {
  refundId: string | null;
}

/**
 * The order with an approved return come back. Its articles' price is given back where it was paid and is not on its way
 * back already; shipping stays. An order that is back as a whole is done.
 */
export function withReceipt(
  order: Order,
  one: Return,
  restocked: boolean,
  step: { id: string; at: Date },
): Received {
  const { id: orderId, customerId } = order;
  const back = replaced(order, one, { status: 'RECEIVED', restocked, receivedAt: step.at });
  const fulfilmentState = fulfilmentOf(back);
  const received = withStep(
    {
      ...back,
      fulfilmentState,
      orderState: fulfilmentState === 'RETURNED' ? 'COMPLETED' : order.orderState,
    },
    { ...step, kind: 'RETURN_RECEIVED' },
  );
  const lines = order.items.flatMap(({ id, variantId }) => {
    const quantity = one.lines.find((line) => line.itemId === id)?.quantity;
    return quantity ? [{ variantId, quantity }] : [];
  });
  const payload = { orderId, customerId, returnId: one.id, restock: restocked, lines };
  const events = [event('ReturnReceived', orderId, payload)];
  const [value, left] = [valueOf(order, one), refundable(order)];
  const amount = value < left ? value : left;
  if (amount <= 0n) return { order: received, events, refundId: null };
  const id = refundIdOf(one.id);
  const refund = { id, amount, reason: 'RETURNED', requestedAt: step.at };
  return { order: withRefund(received, refund), events, refundId: id };
}
