/** A shipment: a parcel of an order on its way, and what it makes of the order's fulfilment. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
import type { Timer } from '../../shared/events/timers.js';
import type { LineQuantity } from '../cancellation/rules.js';
import { finished, fulfilmentOf } from '../order/fulfilment.js';
import {
  shippableQuantity,
  isPaid,
  isWaiting,
  type Order,
  type OrderStep,
  type Shipment,
  type ShipmentEvent,
  type ShipmentStatus,
} from '../order/rules.js';

/** Where a parcel may go from where it is; what is not here is not allowed. Carriers skip scans, so the way forward is open. */
export const transitions = {
  LABEL_REQUESTED: ['LABEL_CREATED', 'CANCELLED'],
  LABEL_CREATED: [
    'IN_TRANSIT',
    'OUT_FOR_DELIVERY',
    'DELIVERED',
    'EXCEPTION',
    'RETURNED_TO_SENDER',
    'CANCELLED',
  ],
  IN_TRANSIT: ['OUT_FOR_DELIVERY', 'DELIVERED', 'EXCEPTION', 'RETURNED_TO_SENDER'],
  OUT_FOR_DELIVERY: ['IN_TRANSIT', 'DELIVERED', 'EXCEPTION', 'RETURNED_TO_SENDER'],
  EXCEPTION: ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'RETURNED_TO_SENDER'],
  DELIVERED: [],
  RETURNED_TO_SENDER: [],
  CANCELLED: [],
} as const satisfies Record<ShipmentStatus, readonly ShipmentStatus[]>;

export const mayBecome = ({ status }: Shipment, to: ShipmentStatus): boolean =>
  (transitions[status] as readonly ShipmentStatus[]).includes(to);

/** Whether nothing more will be heard of it. */
export const hasEnded = ({ status }: Shipment): boolean => transitions[status].length === 0;

const isOfLabel = (status: ShipmentStatus): boolean =>
  status === 'LABEL_REQUESTED' || status === 'LABEL_CREATED' || status === 'CANCELLED';

/** Asks for a parcel's label until it is there. */
export const labelTimer = (orderId: string, shipmentId: string, runAt: Date): Timer => ({
  ...{ consumer: 'timers', type: 'LabelDue', aggregateId: orderId, key: shipmentId },
  ...{ payload: { shipmentId }, runAt },
});

/** Asks the carrier where a parcel is. */
export const trackingTimer = (orderId: string, shipmentId: string, runAt: Date): Timer => ({
  ...{ consumer: 'timers', type: 'TrackingDue', aggregateId: orderId, key: shipmentId },
  ...{ payload: { shipmentId }, runAt },
});

const day = 86_400_000;
/** A parcel of which nothing is heard for so long is not asked after any more: staff say what became of it. */
export const longestTrackingMs = 60 * day;

/** Whether parcels may leave: it is paid for and stands. */
export const isShippable = (order: Order): boolean => order.orderState === 'CONFIRMED' && isPaid(order);

/** All that can go into a parcel now. */
export const openLines = (order: Order): LineQuantity[] =>
  order.items.flatMap((item) => {
    const quantity = shippableQuantity(order, item);
    return quantity > 0 ? [{ itemId: item.id, quantity }] : [];
  });

/** Grams of articles; their box is the carrier's concern. */
export const weightOf = (order: Order, lines: readonly LineQuantity[]): number =>
  order.items.reduce((sum, item) => {
    const quantity = lines.find((line) => line.itemId === item.id)?.quantity ?? 0;
    return sum + item.weightGrams * quantity;
  }, 0);

export interface Shipped {
  order: Order;
  events: NewEvent[];
}

export interface NewShipment {
  id: string;
  carrier: string;
  trackingNumber: string | null;
  lines: LineQuantity[];
}

const newParcel = (
  parcel: NewShipment,
  createdAt: Date,
): Omit<Shipment, 'status' | 'service' | 'shippedAt'> => ({
  ...parcel,
  lines: parcel.lines.map(({ itemId, quantity }) => ({ itemId, quantity })),
  ...{ createdAt, labelId: null, labelUrl: null, labelAmount: null, labelCurrency: null, trackingUrl: null },
  ...{ deliveryDate: null, events: [], deliveredAt: null },
});

const replaced = (order: Order, one: Shipment, changes: Partial<Shipment>): Order => ({
  ...order,
  shipments: order.shipments.map((other) => (other === one ? { ...one, ...changes } : other)),
});

/** The order with a parcel that has left with staff; the lines are open ones of it. */
export function withShipment(order: Order, parcel: NewShipment, at: Date): Shipped {
  const shipment: Shipment = {
    ...newParcel(parcel, at),
    status: 'LABEL_CREATED',
    service: null,
    shippedAt: null,
  };
  const leaves = { id: 'left', status: 'IN_TRANSIT' as const, at, place: null, message: null };
  const told = { ...shipment, events: [leaves] };
  return left({ ...order, shipments: [...order.shipments, told] }, told, 'IN_TRANSIT', at);
}

/** The order with a parcel for which a label is to be bought; it is being packed from then on. */
export function withPackedShipment(
  order: Order,
  parcel: NewShipment & { service: string },
  step: OrderStep,
): Order {
  const packed: Shipment = {
    ...newParcel(parcel, step.at),
    ...parcel,
    status: 'LABEL_REQUESTED',
    shippedAt: null,
  };
  const isFirst = order.fulfilmentState === 'NONE';
  return {
    ...order,
    shipments: [...order.shipments, packed],
    fulfilmentState: isFirst ? 'PROCESSING' : order.fulfilmentState,
    steps: isFirst ? [...order.steps, step] : order.steps,
  };
}

export type BoughtLabel = Pick<
  Shipment,
  'labelUrl' | 'labelAmount' | 'labelCurrency' | 'trackingNumber' | 'trackingUrl' | 'deliveryDate'
> & { labelId: string };

/** The order with the label of its parcel; null where that has one, or needs none any more. */
export function withLabel(order: Order, shipmentId: string, label: BoughtLabel): Order | null {
  const shipment = order.shipments.find(({ id }) => id === shipmentId);
  if (!shipment || !mayBecome(shipment, 'LABEL_CREATED')) return null;
  return replaced(order, shipment, { ...label, status: 'LABEL_CREATED' });
}

/** The order with a parcel that does not leave; its articles are open again. */
export function withoutShipment(order: Order, shipmentId: string): Order | null {
  const shipment = order.shipments.find(({ id }) => id === shipmentId);
  if (!shipment || !mayBecome(shipment, 'CANCELLED')) return null;
  return replaced(order, shipment, { status: 'CANCELLED' });
}

/** The parcel leaves: its articles count as shipped. */
function left(order: Order, shipment: Shipment, status: ShipmentStatus, at: Date): Shipped {
  const { id: orderId, customerId } = order;
  const items = order.items.map((item) => {
    const quantity = shipment.lines.find((line) => line.itemId === item.id)?.quantity;
    return quantity ? { ...item, shippedQuantity: item.shippedQuantity + quantity } : item;
  });
  const shipped: Order = {
    ...replaced(order, shipment, { status, shippedAt: at }),
    items,
    steps: [...order.steps, { id: shipment.id, kind: 'SHIPPED', at }],
  };
  return {
    order: { ...shipped, fulfilmentState: fulfilmentOf(shipped) },
    events: [event('OrderShipped', orderId, { orderId, customerId, shipmentId: shipment.id })],
  };
}

/** The parcel has arrived. With the last one the order is done. */
function arrived(order: Order, shipment: Shipment, step: { id: string; at: Date }): Shipped {
  const { id: orderId, customerId } = order;
  const delivered: Order = {
    ...replaced(order, shipment, { status: 'DELIVERED', deliveredAt: step.at }),
    steps: [...order.steps, { ...step, kind: 'DELIVERED' }],
  };
  return {
    order: finished(delivered),
    events: [event('OrderDelivered', orderId, { orderId, customerId, shipmentId: shipment.id })],
  };
}

/** What one piece of news makes of the order; it is kept also where the parcel's status does not follow it. */
function withEvent(order: Order, shipmentId: string, news: ShipmentEvent, newId: () => string): Shipped {
  const find = ({ shipments }: Order): Shipment => {
    const shipment = shipments.find(({ id }) => id === shipmentId);
    if (!shipment) throw new Error(`Order ${order.id} has no parcel ${shipmentId}.`);
    return shipment;
  };
  const before = find(order);
  const noted = replaced(order, before, { events: [...before.events, news] });
  // Labels are bought and given back here: what the carrier says of them moves nothing.
  if (isOfLabel(news.status) || !mayBecome(before, news.status)) return { order: noted, events: [] };
  const gone = isWaiting(before)
    ? left(noted, find(noted), news.status, news.at)
    : { order: noted, events: [] };
  const step = { id: newId(), at: news.at };
  if (news.status === 'DELIVERED') {
    const done = arrived(gone.order, find(gone.order), step);
    return { order: done.order, events: [...gone.events, ...done.events] };
  }
  const moved = replaced(gone.order, find(gone.order), { status: news.status });
  if (news.status !== 'RETURNED_TO_SENDER') return { order: moved, events: gone.events };
  return {
    order: finished({ ...moved, steps: [...moved.steps, { ...step, kind: 'RETURNED_TO_SENDER' }] }),
    events: gone.events,
  };
}

/** The order after news of a parcel, in the order in which they happened; null where all are known. */
export function withTracking(
  order: Order,
  shipmentId: string,
  news: readonly ShipmentEvent[],
  newId: () => string,
): Shipped | null {
  const known = order.shipments.find(({ id }) => id === shipmentId)?.events ?? [];
  const fresh = news
    .filter(({ id }) => !known.some((one) => one.id === id))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  if (fresh.length === 0) return null;
  return fresh.reduce<Shipped>(
    (sofar, one) => {
      const next = withEvent(sofar.order, shipmentId, one, newId);
      return { order: next.order, events: [...sofar.events, ...next.events] };
    },
    { order, events: [] },
  );
}
