import { clientError, conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import { areOpen, areWithin, type LineQuantity } from '../cancellation/rules.js';
import type { Rate } from '../carrier/carrier.js';
import type { Context } from '../context.js';
import { changeOnce } from '../order/once.js';
import { shippableQuantity, type Order, type Shipment, type ShipmentEvent } from '../order/rules.js';
import { changeOrder, getOrderToChange, type Decision } from '../order/service.js';
import { buyLabel, cancelLabel, ratesFor, requireCarrier, type LabelAnswer } from './label.js';
import {
  isShippable,
  labelTimer,
  mayBecome,
  openLines,
  withPackedShipment,
  withShipment,
  withTracking,
} from './rules.js';
import { findOrderIdOfShipment } from './store.js';

/** Why no parcel may leave now. */
function refuseUnshippable(order: Order): void {
  if (order.orderState === 'CONFIRMED' && order.paymentState === 'AUTHORIZED')
    throw new Refused(
      conflict(
        'NOT_CAPTURED',
        'Its payment is authorised and not taken yet: take it with captureOrder, then ship.',
      ),
    );
  if (!isShippable(order))
    throw new Refused(
      conflict('NOT_SHIPPABLE', 'Only an order that is paid and not cancelled or done can be shipped.'),
    );
}

/** Says that the order is being packed; a second time changes nothing. */
export async function startFulfilment(
  ctx: Context,
  { orderId }: { orderId: string },
): Promise<{ order: Order }> {
  requirePermission(ctx.viewer, 'orders:write');
  const found = await getOrderToChange(ctx, orderId, 'any');
  const order = await changeOrder(ctx, found.id, (current) => {
    refuseUnshippable(current);
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
  service?: string | null | undefined;
}

export interface ShipmentResult {
  order: Order;
  shipment: Shipment | undefined;
}

const resultOf = (order: Order, shipmentId: string): ShipmentResult => ({
  order,
  shipment: order.shipments.find(({ id }) => id === shipmentId),
});

/** Notes a parcel under the id that the key claimed: one that has left, or one for which a label is bought. */
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
    if (input.service) requireCarrier(ctx);
    const order = await changeOrder(
      ctx,
      found.id,
      (current) => (isDone(current, claimed) ? null : parcel(ctx, current, input, claimed.shipmentId)),
      found,
    );
    const { order: after, refusal } = await tryLabel(ctx, order, claimed.shipmentId);
    if (refusal !== null) throw new Refused(conflict('LABEL_REFUSED', refusal, ['service']));
    return resultOf(after, claimed.shipmentId);
  });
}

const labelRetryMs = 15_000;

/** The label at once, if the carrier answers; else its timer gets it. */
async function tryLabel(ctx: Context, order: Order, shipmentId: string): Promise<LabelAnswer> {
  try {
    return await buyLabel(ctx, order, shipmentId);
  } catch (error) {
    if (error instanceof Refused) throw error;
    ctx.log.warn({ err: error, orderId: order.id, shipmentId }, 'a label was not bought; its timer will');
    return { order, refusal: null };
  }
}

/** The order with the parcel. */
function parcel(
  ctx: Context,
  current: Order,
  input: Omit<ShipOrder, 'idempotencyKey'>,
  id: string,
): Decision {
  refuseUnshippable(current);
  const lines = input.lines ?? openLines(current);
  const waits = current.items.some(({ backorderedQuantity }) => backorderedQuantity > 0);
  if (!areOpen(current, lines) && !(waits && lines.length === 0))
    throw new Refused(
      invalidInput('The lines name items of the order and at most what is still to be shipped.', ['lines']),
    );
  if (!areWithin(current, lines, (item) => shippableQuantity(current, item)))
    throw new Refused(
      conflict('WAITS_FOR_STOCK', 'Some of it is not in stock yet: see `expectedAt` of its items.', [
        'lines',
      ]),
    );
  const now = ctx.clock();
  const made = { id, carrier: input.carrier ?? current.shipping.carrier, lines };
  const { service, trackingNumber = null } = input;
  if (!service) return withShipment(current, { ...made, trackingNumber }, now);
  const step = { id: ctx.newId(), kind: 'PROCESSING' as const, at: now };
  return {
    order: withPackedShipment(current, { ...made, trackingNumber: null, service }, step),
    timers: [labelTimer(current.id, id, new Date(now.getTime() + labelRetryMs))],
  };
}

async function getOrderId(ctx: Context, shipmentId: string): Promise<string> {
  const orderId = isId(shipmentId) ? await findOrderIdOfShipment(ctx.db, shipmentId) : null;
  if (orderId === null) throw new Refused(notFound('shipment', ['shipmentId']));
  return orderId;
}

export interface NoteShipmentStatus {
  shipmentId: string;
  status: ShipmentEvent['status'];
  message?: string | null | undefined;
}

/** Notes what staff know of a parcel; what it is already changes nothing. */
export async function noteShipmentStatus(
  ctx: Context,
  { shipmentId, status, message = null }: NoteShipmentStatus,
): Promise<ShipmentResult> {
  requirePermission(ctx.viewer, 'orders:write');
  if ((message ?? '').length > 500) throw new Refused(invalidInput('At most 500 characters.', ['message']));
  const order = await changeOrder(ctx, await getOrderId(ctx, shipmentId), (current) => {
    const shipment = current.shipments.find(({ id }) => id === shipmentId);
    if (!shipment || shipment.status === status) return null;
    if (status === 'CANCELLED' || status === 'LABEL_CREATED' || !mayBecome(shipment, status))
      throw new Refused(
        conflict('SHIPMENT_STATUS', `The parcel is ${shipment.status}: it cannot become ${status}.`, [
          'status',
        ]),
      );
    const news = { id: `staff:${ctx.newId()}`, status, at: ctx.clock(), place: null, message };
    return withTracking(current, shipmentId, [news], ctx.newId);
  });
  return resultOf(order, shipmentId);
}

/** Notes that a parcel has arrived; a second time changes nothing. */
export const deliverShipment = (
  ctx: Context,
  { shipmentId }: { shipmentId: string },
): Promise<ShipmentResult> => noteShipmentStatus(ctx, { shipmentId, status: 'DELIVERED' });

/** Gives back the label of a parcel that has not left; its articles are open again. A second time changes nothing. */
export async function cancelShipment(
  ctx: Context,
  { shipmentId }: { shipmentId: string },
): Promise<ShipmentResult> {
  requirePermission(ctx.viewer, 'orders:write');
  const order = await getOrderToChange(ctx, await getOrderId(ctx, shipmentId), 'any');
  const { shipment } = resultOf(order, shipmentId);
  if (!shipment || shipment.status === 'CANCELLED') return { order, shipment };
  if (shipment.status !== 'LABEL_REQUESTED' && !mayBecome(shipment, 'CANCELLED'))
    throw new Refused(conflict('SHIPMENT_ON_ITS_WAY', 'The parcel has left.', ['shipmentId']));
  return resultOf(await cancelLabel(ctx, order, shipmentId), shipmentId);
}

/** What the carrier takes for a parcel; for staff. A refusal is a GraphQL error: a query has no userErrors. */
export async function shipmentRates(
  ctx: Context,
  { orderId, lines }: { orderId: string; lines?: LineQuantity[] | null | undefined },
): Promise<Rate[]> {
  requirePermission(ctx.viewer, 'orders:write');
  try {
    const order = await getOrderToChange(ctx, orderId, 'any');
    return await ratesFor(ctx, order, lines ?? openLines(order));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw clientError(error.userErrors[0]?.code ?? 'CONFLICT', error.message);
  }
}
