/** A backorder: pieces of an order that the shop did not have when it was placed. */
import type { Order } from '../order/rules.js';

/** The order after stock has come for it; null where that piece of news (`step.id`) is known. */
export function withStock(
  order: Order,
  lines: readonly { variantId: string; quantity: number }[],
  step: { id: string; at: Date },
): Order | null {
  if (order.steps.some(({ id }) => id === step.id)) return null;
  const items = order.items.map((item) => {
    const came = lines.find(({ variantId }) => variantId === item.variantId)?.quantity ?? 0;
    if (came === 0 || item.backorderedQuantity === 0) return item;
    const backorderedQuantity = Math.max(0, item.backorderedQuantity - came);
    return { ...item, backorderedQuantity, expectedAt: backorderedQuantity === 0 ? null : item.expectedAt };
  });
  return { ...order, items, steps: [...order.steps, { ...step, kind: 'STOCK_ARRIVED' }] };
}
