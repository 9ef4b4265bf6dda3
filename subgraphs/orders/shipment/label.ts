/** What is done with the carrier: labels, and where parcels are. Nothing here is inside a transaction. */
import { clientError, conflict, Refused } from '../../shared/errors.js';
import { schedule } from '../../shared/events/timers.js';
import { inboxBell } from '../../shared/events/wake.js';
import { isId } from '../../shared/ids.js';
import type { LineQuantity } from '../cancellation/rules.js';
import { CarrierRefused, type Carrier, type Parcel, type Rate } from '../carrier/carrier.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import type { Order, Return, Shipment } from '../order/rules.js';
import { changeOrder, readOrder } from '../order/service.js';
import {
  hasEnded,
  longestTrackingMs,
  trackingTimer,
  weightOf,
  withLabel,
  withoutShipment,
  withTracking,
} from './rules.js';
import { findOrderIdOfShipment } from './store.js';

export function requireCarrier(ctx: Context): Carrier {
  if (!ctx.carrier)
    throw new Refused(
      conflict(
        'NO_CARRIER',
        'No carrier is set up (CARRIER_URL): leave `service` out and give the number that you have.',
        ['service'],
      ),
    );
  return ctx.carrier;
}

/** The parcel as the carrier is told of it; refused after the customer's deletion. */
export async function parcelOf(
  ctx: Context,
  order: Order,
  { reference, lines, isReturn }: { reference: string; lines: readonly LineQuantity[]; isReturn: boolean },
): Promise<Parcel> {
  const { shippingAddress: to } = await deliveryOf(ctx, 'orders', order);
  if (!to)
    throw new Refused(conflict('NO_ADDRESS', 'The customer was deleted: there is no address any more.'));
  const { company = null, line1, line2 = null, city, postalCode, country } = to;
  return {
    ...{ reference, weightGrams: weightOf(order, lines), isReturn },
    to: { name: `${to.firstName} ${to.lastName}`, company, line1, line2, city, postalCode, country },
  };
}

/** What the carrier would take for the lines; nothing where there is none. */
export async function ratesFor(ctx: Context, order: Order, lines: readonly LineQuantity[]): Promise<Rate[]> {
  if (!ctx.carrier) return [];
  const parcel = await parcelOf(ctx, order, { reference: order.number, lines, isReturn: false });
  return ctx.carrier.rates(parcel).catch((error: unknown) => {
    if (error instanceof CarrierRefused) throw new Refused(conflict(error.code, error.message));
    throw clientError('CARRIER_UNAVAILABLE', 'The carrier gives no answer: try again.');
  });
}

const get = (order: Order, shipmentId: string): Shipment => {
  const shipment = order.shipments.find(({ id }) => id === shipmentId);
  if (!shipment) throw new Error(`Order ${order.id} has no parcel ${shipmentId}.`);
  return shipment;
};

export interface LabelAnswer {
  order: Order;
  /** Why the carrier gives none; the parcel is cancelled then. */
  refusal: string | null;
}

/** Buys the parcel's label, unless it has one; a refusal opens its articles again. Safe to run any number of times. */
export async function buyLabel(ctx: Context, order: Order, shipmentId: string): Promise<LabelAnswer> {
  const { status, lines, service } = get(order, shipmentId);
  if (status !== 'LABEL_REQUESTED' || service === null) return { order, refusal: null };
  const parcel = await parcelOf(ctx, order, { reference: shipmentId, lines, isReturn: false });
  try {
    const { id, amount, currencyCode, ...label } = await requireCarrier(ctx).buyLabel(
      `label:${shipmentId}`,
      parcel,
      service,
    );
    const bought = { ...label, labelId: id, labelAmount: amount, labelCurrency: currencyCode };
    const labelled = await changeOrder(ctx, order.id, (current) => {
      const next = withLabel(current, shipmentId, bought);
      return next && { order: next, timers: [trackingTimer(order.id, shipmentId, nextLook(ctx))] };
    });
    return { order: labelled, refusal: null };
  } catch (error) {
    if (!(error instanceof CarrierRefused)) throw error;
    ctx.log.warn({ orderId: order.id, shipmentId, code: error.code }, 'the carrier refused a label');
    return { order: await withdraw(ctx, order.id, shipmentId), refusal: error.message };
  }
}

/** Notes that the parcel does not leave. */
const withdraw = (ctx: Context, orderId: string, shipmentId: string): Promise<Order> =>
  changeOrder(ctx, orderId, (current) => {
    const next = withoutShipment(current, shipmentId);
    return next && { order: next };
  });

const nextLook = (ctx: Context): Date =>
  new Date(ctx.clock().getTime() + ctx.config.orders.trackingIntervalMs);

/** A label for the way back of a return: one, however often it is asked for. */
export async function buyReturnLabel(
  ctx: Context,
  order: Order,
  { id, lines }: Return,
  service: string,
): Promise<Pick<Return, 'labelUrl' | 'trackingNumber'>> {
  const parcel = await parcelOf(ctx, order, { reference: id, lines, isReturn: true });
  try {
    const { labelUrl, trackingNumber } = await requireCarrier(ctx).buyLabel(`return:${id}`, parcel, service);
    return { labelUrl, trackingNumber };
  } catch (error) {
    if (!(error instanceof CarrierRefused)) throw error;
    throw new Refused(conflict('LABEL_REFUSED', error.message, ['service']));
  }
}

/** The timer's part: the label may be there, or the carrier may still not answer. */
export async function labelDue(ctx: Context, orderId: string, shipmentId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  if (order) await buyLabel(ctx, order, shipmentId);
}

/** Gives the label back, which is bought first where it may have been: a parcel is never left with a label nobody knows of. */
export async function cancelLabel(ctx: Context, order: Order, shipmentId: string): Promise<Order> {
  const { order: bought } = await buyLabel(ctx, order, shipmentId);
  const { labelId } = get(bought, shipmentId);
  try {
    if (labelId !== null) await requireCarrier(ctx).cancelLabel(labelId);
  } catch (error) {
    if (!(error instanceof CarrierRefused)) throw error;
    throw new Refused(
      conflict('SHIPMENT_ON_ITS_WAY', `The carrier keeps the label: ${error.message}`, ['shipmentId']),
    );
  }
  return withdraw(ctx, order.id, shipmentId);
}

/**
 * The carrier tells that there is news of a parcel. What, it is asked for: the look that was to come later comes now, in a row
 * that a crash leaves, and is one however often and in whatever order the news come. Of strangers' parcels nothing is done.
 */
export async function trackingTold(ctx: Context, shipmentId: string): Promise<void> {
  const orderId = isId(shipmentId) ? await findOrderIdOfShipment(ctx.db, shipmentId) : null;
  if (orderId === null) return;
  await schedule(ctx, trackingTimer(orderId, shipmentId, ctx.clock()));
  ctx.wake.ring(inboxBell('orders', 'timers'));
}

/** Asks the carrier where the parcel is, notes what is new, and comes again until it has ended or is given up. */
export async function trackingDue(ctx: Context, orderId: string, shipmentId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  const shipment = order?.shipments.find(({ id }) => id === shipmentId);
  if (!order || !shipment?.labelId || hasEnded(shipment) || !ctx.carrier) return;
  const news = await ctx.carrier.tracking(shipment.labelId);
  const after = await changeOrder(ctx, orderId, (current) =>
    withTracking(current, shipmentId, news, ctx.newId),
  );
  if (hasEnded(get(after, shipmentId))) return;
  if (ctx.clock().getTime() - shipment.createdAt.getTime() > longestTrackingMs)
    return ctx.log.error({ orderId, shipmentId }, 'nothing more is heard of a parcel: staff must act');
  await schedule(ctx, trackingTimer(orderId, shipmentId, nextLook(ctx)));
}
