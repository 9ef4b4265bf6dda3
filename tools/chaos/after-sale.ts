/** What comes after the payment: parcels, by hand or with a label of the carrier, and goods that come back. */
import { randomUUID } from 'node:crypto';
import type { Client } from './client.js';
import type { Ending, OrderTold, Placed, Visit } from './visit.js';

/** Both answers of a client that sends the same twice at once; what differs is a fault. */
async function twice<T>(
  { told }: Visit,
  client: Client,
  field: string,
  input: object,
  [selection, idOf]: readonly [string, (payload: T) => string | undefined],
): Promise<{ id: string | undefined; refused: string | null }> {
  told.unknown = field;
  const twins = await Promise.all([1, 2].map(() => client.call<T>(field, input, selection)));
  told.unknown = null;
  const [one, other] = twins.map(({ payload }) => payload && idOf(payload));
  if (one !== other) told.faults.push(`${field}: one key, ${one} and ${other}`);
  return { id: one ?? undefined, refused: twins[0]?.refused ?? null };
}

const shipmentId = [
  'shipment { id }',
  ({ shipment }: { shipment: { id: string } | null }) => shipment?.id,
] as const;

/** Refusals of staff whose order has ended for want of stock a moment ago, or waits for it. */
const overtaken = new Set(['NOT_SHIPPABLE', 'WAITS_FOR_STOCK', 'INVALID_INPUT']);

async function send(visit: Visit, { id }: OrderTold, by: object): Promise<string | undefined> {
  const input = { idempotencyKey: randomUUID(), orderId: id, ...by };
  const sent = await twice(visit, visit.staff, 'shipOrder', input, shipmentId);
  if (sent.refused !== null && !overtaken.has(sent.refused))
    visit.told.faults.push(`shipOrder was refused: ${sent.refused}`);
  return sent.id;
}

/** Staff send it, their client says so twice, and it arrives. */
export const shipping: Ending = async (visit, { order }) => {
  const { told, staff, step } = visit;
  const parcel = await send(visit, order, { carrier: 'Hanse Post', trackingNumber: `T${order.id}` });
  if (parcel) {
    told.unknown = 'deliverShipment';
    await staff.call('deliverShipment', { shipmentId: parcel }, 'order { id }');
    told.shipped = true;
  }
  told.unknown = null;
  step();
};

/** Staff buy a label; every second parcel is taken back before it leaves, and sent again. */
export const byCarrier: Ending = async (visit, { order }) => {
  const { told, staff, step, checkout } = visit;
  const parcel = await send(visit, order, { service: 'standard' });
  step();
  if (!parcel || checkout.number % 2 === 0) return;
  told.unknown = 'cancelShipment';
  const back = await staff.call('cancelShipment', { shipmentId: parcel }, 'shipment { id status }');
  told.unknown = null;
  step();
  // The carrier may have come for it meanwhile.
  if (back.refused !== null && back.refused !== 'SHIPMENT_ON_ITS_WAY')
    told.faults.push(`cancelShipment was refused: ${back.refused}`);
  if (back.payload) await send(visit, order, { service: 'express' });
  step();
};

const returnId = [
  'return { id }',
  (payload: { return: { id: string } | null }) => payload.return?.id,
] as const;

interface Back {
  itemId: string;
  quantity: number;
}

/** The customer asks, staff agree, the goods come: each says so twice. */
async function bringBack(
  visit: Visit,
  { client, order }: Placed,
  asked: readonly Back[],
  came: object,
  service: string | null,
): Promise<boolean> {
  const { told, staff, step } = visit;
  await shipping(visit, { client, order });
  if (!told.shipped) return false;
  const request = { idempotencyKey: randomUUID(), orderId: order.id, lines: asked, reason: 'NOT_WANTED' };
  const { id, refused } = await twice(visit, client, 'requestReturn', request, returnId);
  step();
  if (!id) {
    told.faults.push(`requestReturn was refused: ${refused}`);
    return false;
  }
  await twice(visit, staff, 'approveReturn', { returnId: id, ...(service && { service }) }, returnId);
  step();
  const receipt = { idempotencyKey: randomUUID(), returnId: id, ...came };
  const received = await twice(visit, staff, 'receiveReturn', receipt, returnId);
  if (received.refused !== null) told.faults.push(`receiveReturn was refused: ${received.refused}`);
  step();
  return received.id !== undefined;
}

/** All of it comes back, with a label of the carrier, and is sold again. */
export const bringingBack: Ending = async (visit, placed) => {
  const all = placed.order.items.map(({ id, quantity }) => ({ itemId: id, quantity }));
  if (await bringBack(visit, placed, all, { restock: true, refundShipping: true }, 'standard'))
    for (const { itemId, quantity } of all) visit.told.returnedPieces.set(itemId, quantity);
};

/** All was to come back; a piece of each comes, and those of the first are broken. */
export const bringingSomeBack: Ending = async (visit, placed) => {
  const all = placed.order.items.map(({ id, quantity }) => ({ itemId: id, quantity }));
  const lines = all.map(({ itemId }, i) => ({ itemId, quantity: 1, restocked: i > 0 }));
  if (await bringBack(visit, placed, all, { lines }, null))
    for (const { itemId } of lines) visit.told.returnedPieces.set(itemId, 1);
};
