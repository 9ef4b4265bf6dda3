/** Parts of an order as the SDL shows them. */
import { money, type Money } from '../../shared/money.js';
import type { ResolversTypes } from '../resolver-types.generated.js';
import { percentOf } from '../tax/rules.js';
import {
  hasAllArrived,
  hasAllLeft,
  type Order,
  type OrderItem,
  type OrderRefund,
  type Shipment,
  type StepKind,
} from './rules.js';

const show = (order: Order, amount: bigint): Money => money(amount, order.currencyCode);

export const itemView = (order: Order, item: OrderItem): ResolversTypes['OrderItem'] => ({
  id: item.id,
  variant: { id: item.variantId },
  sku: item.sku,
  name: item.name,
  imageUrl: item.imageUrl,
  attributes: item.attributes,
  quantity: item.quantity,
  cancelledQuantity: item.cancelledQuantity,
  shippedQuantity: item.shippedQuantity,
  backorderedQuantity: item.backorderedQuantity,
  expectedAt: item.expectedAt,
  unitPrice: show(order, item.unitAmount),
  discount: show(order, item.discount),
  net: show(order, item.net),
  tax: show(order, item.tax),
  total: show(order, item.gross),
  taxRate: percentOf(item.taxRatePpm),
  taxRateBasisPoints: Math.round(item.taxRatePpm / 100),
  taxName: item.taxName,
});

export const shippingView = (order: Order): ResolversTypes['OrderShipping'] => ({
  name: order.shipping.name,
  carrier: order.shipping.carrier,
  estimatedDaysMin: order.shipping.estimatedDaysMin,
  estimatedDaysMax: order.shipping.estimatedDaysMax,
  estimatedDelivery: order.shipping.estimatedDelivery ?? null,
  discount: show(order, order.shipping.discount),
  net: show(order, order.shipping.net),
  tax: show(order, order.shipping.tax),
  total: show(order, order.shipping.gross),
});

export const refundView = (order: Order, refund: OrderRefund): ResolversTypes['OrderRefund'] => ({
  ...refund,
  amount: show(order, refund.amount),
});

/** Some of the order's articles. */
export const linesView = (
  order: Order,
  lines: Shipment['lines'],
): { item: ResolversTypes['OrderItem']; quantity: number }[] =>
  lines.flatMap(({ itemId, quantity }) => {
    const item = order.items.find((one) => one.id === itemId);
    return item ? [{ item: itemView(order, item), quantity }] : [];
  });

export const shipmentView = (order: Order, shipment: Shipment): ResolversTypes['Shipment'] => ({
  id: shipment.id,
  carrier: shipment.carrier,
  trackingNumber: shipment.trackingNumber,
  status: shipment.status,
  service: shipment.service,
  trackingUrl: shipment.trackingUrl,
  labelUrl: shipment.labelUrl,
  labelCost:
    shipment.labelAmount === null || shipment.labelCurrency === null
      ? null
      : money(shipment.labelAmount, shipment.labelCurrency),
  deliveryDate: shipment.deliveryDate,
  events: shipment.events,
  createdAt: shipment.createdAt,
  shippedAt: shipment.shippedAt,
  deliveredAt: shipment.deliveredAt,
  lines: linesView(order, shipment.lines),
});

/** The taxes in an order by rate, items and shipping together. */
export function taxesView(order: Order): ResolversTypes['OrderTax'][] {
  const taxes = new Map<string, { name: string; ratePpm: number; net: bigint; tax: bigint }>();
  for (const { taxName: name, taxRatePpm: ratePpm, net, tax } of [...order.items, order.shipping]) {
    const key = `${ratePpm} ${name}`;
    const sum = taxes.get(key) ?? { name, ratePpm, net: 0n, tax: 0n };
    taxes.set(key, { ...sum, net: sum.net + net, tax: sum.tax + tax });
  }
  return [...taxes.values()].map(({ name, ratePpm, net, tax }) => ({
    ...{ name, rate: percentOf(ratePpm), rateBasisPoints: Math.round(ratePpm / 100) },
    ...{ net: show(order, net), tax: show(order, tax) },
  }));
}

const way: readonly StepKind[] = ['PLACED', 'PAID', 'SHIPPED', 'DELIVERED'];

/** What happened, and what is still to come on the usual way; nothing is to come of a cancelled order. */
export function timelineView(order: Order): ResolversTypes['OrderStep'][] {
  const done = order.steps.map(({ kind, at }) => ({ kind, at, state: 'DONE' as const }));
  const ended = order.orderState === 'CANCELLED' || order.orderState === 'COMPLETED';
  const open = ended ? [] : way.filter((kind) => !isBehind(order, kind));
  return [
    ...done,
    ...open.map((kind, i) => ({
      kind,
      at: null,
      state: i === 0 ? ('CURRENT' as const) : ('UPCOMING' as const),
    })),
  ];
}

/** With several parcels, shipping is behind only when the last has left. */
function isBehind(order: Order, kind: StepKind): boolean {
  if (kind === 'SHIPPED') return hasAllLeft(order);
  if (kind === 'DELIVERED') return hasAllArrived(order);
  return order.steps.some((step) => step.kind === kind);
}
