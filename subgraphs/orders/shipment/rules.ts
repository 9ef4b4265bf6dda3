/** A shipment: a parcel of an order, and what it makes of the order's fulfilment. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
import type { LineQuantity } from '../cancellation/rules.js';
import {
  hasAllArrived,
  hasAllLeft,
  isPaid,
  openQuantity,
  returnedQuantity,
  type Order,
  type Shipment,
} from '../order/rules.js';
import type { FulfilmentState } from '../order/states.js';

/** Whether parcels may leave: it is paid for (or payment is certain) and stands. */
export const isShippable = (order: Order): boolean =>
  order.orderState === 'CONFIRMED' && (isPaid(order) || order.paymentState === 'AUTHORIZED');

/** All that has not left yet. */
export const openLines = (order: Order): LineQuantity[] =>
  order.items.flatMap((item) => {
    const quantity = openQuantity(item);
    return quantity > 0 ? [{ itemId: item.id, quantity }] : [];
  });

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

export interface Shipped {
  order: Order;
  events: NewEvent[];
}

/** The order with a parcel that has left; the lines are open ones of it. */
export function withShipment(order: Order, shipment: Shipment): Shipped {
  const { id: orderId, customerId } = order;
  const items = order.items.map((item) => {
    const quantity = shipment.lines.find((line) => line.itemId === item.id)?.quantity;
    return quantity ? { ...item, shippedQuantity: item.shippedQuantity + quantity } : item;
  });
  const shipped: Order = {
    ...order,
    items,
    shipments: [...order.shipments, shipment],
    steps: [...order.steps, { id: shipment.id, kind: 'SHIPPED', at: shipment.shippedAt }],
  };
  return {
    order: { ...shipped, fulfilmentState: fulfilmentOf(shipped) },
    events: [event('OrderShipped', orderId, { orderId, customerId, shipmentId: shipment.id })],
  };
}

/** The order after a parcel has arrived; null where it had. With the last one the order is done. */
export function withDelivery(
  order: Order,
  shipmentId: string,
  step: { id: string; at: Date },
): Shipped | null {
  const shipment = order.shipments.find((one) => one.id === shipmentId);
  if (!shipment || shipment.deliveredAt !== null) return null;
  const { id: orderId, customerId } = order;
  const shipments = order.shipments.map((one) => (one === shipment ? { ...one, deliveredAt: step.at } : one));
  const delivered: Order = { ...order, shipments, steps: [...order.steps, { ...step, kind: 'DELIVERED' }] };
  return {
    order: {
      ...delivered,
      fulfilmentState: fulfilmentOf(delivered),
      orderState: hasAllArrived(delivered) ? 'COMPLETED' : order.orderState,
    },
    events: [event('OrderDelivered', orderId, { orderId, customerId, shipmentId })],
  };
}
