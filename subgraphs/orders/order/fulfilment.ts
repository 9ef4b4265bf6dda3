/** What parcels, returns and cancellations make of an order's fulfilment. */
import { hasAllArrived, hasAllLeft, returnedQuantity, type Order } from './rules.js';
import type { FulfilmentState } from './states.js';

/** What parcels and returns make of an order of which something was shipped. What came back outweighs what is on its way. */
export function fulfilmentOf(order: Order): FulfilmentState {
  const isBack = order.items.map(
    ({ id, shippedQuantity }) => returnedQuantity(order, id) === shippedQuantity,
  );
  if (order.returns.some(({ status }) => status === 'RECEIVED'))
    return hasAllLeft(order) && isBack.every(Boolean) ? 'RETURNED' : 'PARTIALLY_RETURNED';
  if (!hasAllLeft(order)) return 'PARTIALLY_SHIPPED';
  return hasAllArrived(order) ? 'DELIVERED' : 'SHIPPED';
}

/** The order with the fulfilment that its parcels make; an order of which nothing is on its way any more is done. */
export const finished = (order: Order): Order => ({
  ...order,
  fulfilmentState: fulfilmentOf(order),
  orderState: order.orderState === 'CONFIRMED' && hasAllArrived(order) ? 'COMPLETED' : order.orderState,
});
