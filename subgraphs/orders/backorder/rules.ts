/** A backorder: pieces of an order that the shop did not have when it was placed, or when it was paid late. */
import { freeQuantity, type Order, type OrderItem } from '../order/rules.js';

/** Of a variant, how many pieces of the order inventory counts, and how many of them wait for stock. */
export interface Counted {
  pieces: number;
  waiting: number;
}

/** What came for an order; `sold`: what is counted of a paid order after it. */
export interface Arrived {
  variantId: string;
  quantity: number;
  sold?: Counted | undefined;
}

/** What waits of an order that was paid late. */
export interface Renewed extends Counted {
  variantId: string;
  expectedAt: Date | null;
}

const waitsFor = (item: OrderItem, waiting: number, expectedAt = item.expectedAt): OrderItem => ({
  ...item,
  ...{ backorderedQuantity: waiting, expectedAt: waiting === 0 ? null : expectedAt },
});

/**
 * What waits of an item as inventory counts it, less what was cancelled since: what waits is cancelled first, there too.
 * Pieces that are in a parcel wait for nothing.
 */
function leftOf(order: Order, item: OrderItem, { pieces, waiting }: Counted): number {
  const cancelledSince = Math.max(0, pieces - (item.quantity - item.cancelledQuantity));
  return Math.max(0, Math.min(waiting - cancelledSince, freeQuantity(order, item)));
}

/**
 * The order after stock has come for it; null where that piece of news (`step.id`) is known. `seq` is its number among
 * inventory's news of the order: who has heard later ones counts nothing of it again.
 */
export function withStock(
  order: Order,
  lines: readonly Arrived[],
  { seq, ...step }: { id: string; at: Date; seq: number },
): Order | null {
  if (order.steps.some(({ id }) => id === step.id)) return null;
  const items = order.items.map((item) => {
    const came = lines.find(({ variantId }) => variantId === item.variantId);
    if (!came || seq <= item.stockSeq) return item;
    if (came.sold) return { ...waitsFor(item, leftOf(order, item, came.sold)), stockSeq: seq };
    if (item.backorderedQuantity === 0) return item;
    return waitsFor(item, Math.max(0, item.backorderedQuantity - came.quantity));
  });
  return { ...order, items, steps: [...order.steps, { ...step, kind: 'STOCK_ARRIVED' }] };
}

/** The order after inventory has sold it what there was, late; null where later news, or these, are known of all of it. */
export function withRenewedWaiting(order: Order, lines: readonly Renewed[], seq: number): Order | null {
  if (order.orderState === 'CANCELLED') return null;
  const items = order.items.map((item) => {
    const line = lines.find(({ variantId }) => variantId === item.variantId);
    if (!line || seq <= item.stockSeq) return item;
    return { ...waitsFor(item, leftOf(order, item, line), line.expectedAt), stockSeq: seq };
  });
  return items.every((item, i) => item === order.items[i]) ? null : { ...order, items };
}
