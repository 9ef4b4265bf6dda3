import { conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { claimOnce } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import { areOpen, type LineQuantity } from '../cancellation/rules.js';
import type { Context } from '../context.js';
import type { Order, Shipment } from '../order/rules.js';
import { changeOrder, getOrderToChange } from '../order/service.js';
import { isShippable, openLines, withDelivery, withShipment } from './rules.js';
import { findOrderIdOfShipment } from './store.js';

const notShippable = (): Refused =>
  new Refused(
    conflict('NOT_SHIPPABLE', 'Only an order that is paid and not cancelled or done can be shipped.'),
  );

/** Says that the order is being packed; a second time changes nothing. */
export async function startFulfilment(
  ctx: Context,
  { orderId }: { orderId: string },
): Promise<{ order: Order }> {
  requirePermission(ctx.viewer, 'orders:write');
  const found = await getOrderToChange(ctx, orderId, 'any');
  const order = await changeOrder(ctx, found.id, (current) => {
    if (!isShippable(current)) throw notShippable();
    if (current.fulfilmentState !== 'NONE') return null;
    const steps = [...current.steps, { id: ctx.newId(), kind: 'PROCESSING' as const, at: ctx.clock() }];
    return { order: { ...current, fulfilmentState: 'PROCESSING', steps } };
  });
  return { order };
}

export interface ShipOrder {
  idempotencyKey: string;
  orderId: string;
  lines?: LineQuantity[] | null | undefined;
  carrier?: string | null | undefined;
  trackingNumber?: string | null | undefined;
}

export interface ShipmentResult {
  order: Order;
  shipment: Shipment | undefined;
}

/** Notes a parcel that has left, under the id that the key claimed. */
export async function shipOrder(
  ctx: Context,
  { idempotencyKey: key, ...input }: ShipOrder,
): Promise<ShipmentResult> {
  requirePermission(ctx.viewer, 'orders:write');
  const found = await getOrderToChange(ctx, input.orderId, 'any');
  const call = { owner: ctx.viewer.id ?? '', operation: 'shipOrder', key, input };
  const { start } = await claimOnce(ctx, call, { shipmentId: ctx.newId() });
  const order = await changeOrder(ctx, found.id, (current) => {
    if (current.shipments.some((shipment) => shipment.id === start.shipmentId)) return null;
    if (!isShippable(current)) throw notShippable();
    const lines = input.lines ?? openLines(current);
    if (!areOpen(current, lines))
      throw new Refused(
        invalidInput('The lines name items of the order and at most what is still to be shipped.', ['lines']),
      );
    return withShipment(current, {
      id: start.shipmentId,
      carrier: input.carrier ?? current.shipping.carrier,
      trackingNumber: input.trackingNumber ?? null,
      lines: lines.map(({ itemId, quantity }) => ({ itemId, quantity })),
      shippedAt: ctx.clock(),
      deliveredAt: null,
    });
  });
  return { order, shipment: order.shipments.find((shipment) => shipment.id === start.shipmentId) };
}

/** Notes that a parcel has arrived; a second time changes nothing. */
export async function deliverShipment(
  ctx: Context,
  { shipmentId }: { shipmentId: string },
): Promise<ShipmentResult> {
  requirePermission(ctx.viewer, 'orders:write');
  const orderId = isId(shipmentId) ? await findOrderIdOfShipment(ctx.db, shipmentId) : null;
  if (orderId === null) throw new Refused(notFound('shipment', ['shipmentId']));
  const order = await changeOrder(ctx, orderId, (current) =>
    withDelivery(current, shipmentId, { id: ctx.newId(), at: ctx.clock() }),
  );
  return { order, shipment: order.shipments.find((shipment) => shipment.id === shipmentId) };
}
