import type { Db } from '../context.js';

/** The order that the parcel belongs to. */
export async function findOrderIdOfShipment(db: Db, shipmentId: string): Promise<string | null> {
  const row = await db.shipment.findUnique({ where: { id: shipmentId }, select: { orderId: true } });
  return row?.orderId ?? null;
}
