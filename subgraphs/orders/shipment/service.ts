import { conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import { areOpen, type LineQuantity } from '../cancellation/rules.js';
import type { Context } from '../context.js';
import type { Order, Shipment } from '../order/rules.js';
import { changeOnce } from '../order/once.js';
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
  const isDone = ({ shipments }: Order, { shipmentId }: { shipmentId: string }): boolean =>
    shipments.some((shipment) => shipment.id === shipmentId);
  const start = { shipmentId: ctx.newId() };
  const change = { operation: 'shipOrder', key, input, whose: 'any', start, isDone } as const;
  return changeOnce(ctx, change, async (found, claimed) => {
    const order = await changeOrder(
      ctx,
      found.id,
      (current) => (isDone(current, claimed) ? null : parcel(ctx, current, input, claimed.shipmentId)),
      found,
    );
    return { order, shipment: order.shipments.find((shipment) => shipment.id === claimed.shipmentId) };
  });
}

/** The order with the parcel sent. */
function parcel(
  ctx: Context,
  current: Order,
  input: Omit<ShipOrder, 'idempotencyKey'>,
  id: string,
): ReturnType<typeof withShipment> {
  if (!isShippable(current)) throw notShippable();
  const lines = input.lines ?? openLines(current);
  if (!areOpen(current, lines))
    throw new Refused(
      invalidInput('The lines name items of the order and at most what is still to be shipped.', ['lines']),
    );
  return withShipment(current, {
    id,
    carrier: input.carrier ?? current.shipping.carrier,
    trackingNumber: input.trackingNumber ?? null,
    lines: lines.map(({ itemId, quantity }) => ({ itemId, quantity })),
    shippedAt: ctx.clock(),
    deliveredAt: null,
  });
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
