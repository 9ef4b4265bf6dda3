/** Cancelling an order or some of its articles, and what that gives back. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
import { idFromName } from '../../shared/ids.js';
import { proportion } from '../../shared/money.js';
import { finished } from '../order/fulfilment.js';
import {
  awaitsPayment,
  freeQuantity,
  hasShipped,
  isAuthorized,
  isPaid,
  openQuantity,
  refundable,
  returnedQuantity,
  type Order,
  type OrderItem,
} from '../order/rules.js';
import { withRefund } from '../refund/rules.js';

/** Why an order was cancelled; never the customer's own words, which may be personal. */
export type CancelReason =
  'CUSTOMER' | 'STAFF' | 'PAYMENT_OVERDUE' | 'RESERVATION_EXPIRED' | 'OUT_OF_STOCK' | 'AUTHORIZATION_LAPSED';

export interface Cancelled {
  order: Order;
  events: NewEvent[];
  refundId: string | null;
}

/** The order with all of it cancelled; what was paid is to be given back, shipping included. */
export function cancelWhole(order: Order, reason: CancelReason, at: Date, newId: () => string): Cancelled {
  const { id: orderId, customerId } = order;
  const cancelled: Order = {
    ...order,
    orderState: 'CANCELLED',
    paymentDueAt: null,
    items: order.items.map((item) => ({
      ...item,
      cancelledQuantity: item.quantity - item.shippedQuantity,
      backorderedQuantity: 0,
    })),
    steps: [...order.steps, { id: newId(), kind: 'CANCELLED', at }],
  };
  const events = [event('OrderCancelled', orderId, { orderId, customerId, reason })];
  const amount = refundable(order);
  if (amount === 0n) return { order: cancelled, events, refundId: null };
  const refundId = idFromName('refund', orderId, 'cancelled');
  const why = reason === 'OUT_OF_STOCK' ? 'OUT_OF_STOCK' : 'CANCELLED';
  return {
    order: withRefund(cancelled, { id: refundId, amount, reason: why, requestedAt: at }),
    events,
    refundId,
  };
}

/** Whether articles of it can still be cancelled: those that are in no parcel. */
export const hasCancellableLines = (order: Order): boolean =>
  (order.orderState === 'PENDING' || order.orderState === 'CONFIRMED') &&
  order.paymentState !== 'REFUNDED' &&
  order.items.some((item) => freeQuantity(order, item) > 0);

export interface LineQuantity {
  itemId: string;
  quantity: number;
}

/** Whether the lines name items of the order, once each, and no more than `most` of each. */
export const areWithin = (
  order: Order,
  lines: readonly LineQuantity[],
  most: (item: OrderItem) => number,
): boolean =>
  lines.length > 0 &&
  new Set(lines.map((line) => line.itemId)).size === lines.length &&
  lines.every(({ itemId, quantity }) => {
    const item = order.items.find((one) => one.id === itemId);
    return item !== undefined && quantity > 0 && quantity <= most(item);
  });

/** Whether the lines name items of the order and no more than was ordered of each. */
export const areOf = (order: Order, lines: readonly LineQuantity[]): boolean =>
  areWithin(order, lines, (item) => item.quantity);

/** Whether the lines name items of the order and no more than is still to come of each and in no parcel. */
export const areOpen = (order: Order, lines: readonly LineQuantity[]): boolean =>
  areWithin(order, lines, (item) => freeQuantity(order, item));

/** Whether nothing would be left of an order of which nothing was packed or shipped: then it is cancelled as a whole. */
export const isAll = (order: Order, lines: readonly LineQuantity[]): boolean =>
  !hasShipped(order) &&
  order.items.every(
    (item) => openQuantity(item) === (lines.find((line) => line.itemId === item.id)?.quantity ?? 0),
  );

/**
 * What `quantity` more pieces of the item cost, when `before` of it were cancelled or came back: over all pieces this sums
 * up to the line exactly.
 */
export function amountOf(item: OrderItem, quantity: number, before = item.cancelledQuantity): bigint {
  const upTo = (pieces: number): bigint => proportion(item.gross, BigInt(pieces), BigInt(item.quantity));
  return upTo(before + quantity) - upTo(before);
}

/** The order without the lines, with a step and, maybe, a refund of the id that was claimed for it; their price is given back where it was paid, and not asked for where it was not. */
export function cancelLines(
  order: Order,
  lines: readonly LineQuantity[],
  refundId: string,
  at: Date,
): Cancelled {
  let amount = 0n;
  const news: { variantId: string; quantity: number }[] = [];
  const items = order.items.map((item) => {
    const quantity = lines.find((line) => line.itemId === item.id)?.quantity;
    if (!quantity) return item;
    amount += amountOf(item, quantity, item.cancelledQuantity + returnedQuantity(order, item.id));
    news.push({ variantId: item.variantId, quantity });
    const less = { ...item, cancelledQuantity: item.cancelledQuantity + quantity };
    // What waits for stock is cancelled first, as inventory does it: what there is can leave, and nothing else is waited for.
    return { ...less, backorderedQuantity: Math.max(0, item.backorderedQuantity - quantity) };
  });
  const without: Order = {
    ...order,
    items,
    cancelledAmount:
      awaitsPayment(order) || isAuthorized(order) ? order.cancelledAmount + amount : order.cancelledAmount,
    steps: [...order.steps, { id: refundId, kind: 'LINES_CANCELLED', at }],
  };
  // The rest of an order may all have arrived.
  const cancelled = hasShipped(order) ? finished(without) : without;
  const events = [event('OrderLinesCancelled', order.id, { orderId: order.id, lines: news })];
  const back = amount < refundable(order) ? amount : refundable(order);
  if (!isPaid(order) || back === 0n) return { order: cancelled, events, refundId: null };
  const refund = { id: refundId, amount: back, reason: 'LINES_CANCELLED', requestedAt: at };
  return { order: withRefund(cancelled, refund), events, refundId };
}

/** An order of which some is in parcels, when stock for none of it was left: what is in no parcel is cancelled, the rest was there. */
export function cancelMissing(order: Order, refundId: string, at: Date): Cancelled {
  const free = order.items.flatMap((item) =>
    freeQuantity(order, item) > 0 ? [{ itemId: item.id, quantity: freeQuantity(order, item) }] : [],
  );
  const step = { id: refundId, kind: 'LINES_CANCELLED', at } as const;
  const cancelled =
    free.length > 0
      ? cancelLines(order, free, refundId, at)
      : { order: { ...order, steps: [...order.steps, step] }, events: [], refundId: null };
  const lines = cancelled.order.items.flatMap(({ variantId, quantity, cancelledQuantity }) =>
    quantity > cancelledQuantity ? [{ variantId, quantity: quantity - cancelledQuantity }] : [],
  );
  const shipped = event('OrderShippedUnreserved', order.id, { orderId: order.id, lines });
  return { ...cancelled, events: [...cancelled.events, shipped] };
}
