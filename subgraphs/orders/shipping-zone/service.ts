import { conflict, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { normalized, shippingZoneErrors, type ShippingZone } from './rules.js';
import { deleteShippingZone, findShippingZones, listShippingZones, saveShippingZone } from './store.js';

/** Every shipping zone; for staff. */
export async function shippingZones(ctx: Context): Promise<ShippingZone[]> {
  requirePermission(ctx.viewer, 'orders:read');
  return listShippingZones(ctx.db);
}

/** Which of the ids are zones. */
export async function knownZones(ctx: Context, ids: readonly string[]): Promise<string[]> {
  return ids.length === 0 ? [] : [...(await findShippingZones(ctx.db, ids.filter(isId))).keys()];
}

/** Makes the zone of a code or sets it anew; for staff. Running it twice comes to the same. */
export async function setShippingZone(
  ctx: Context,
  input: Omit<ShippingZone, 'id'>,
): Promise<{ shippingZone: ShippingZone }> {
  requirePermission(ctx.viewer, 'orders:write');
  const zone = { ...input, areas: input.areas.map(normalized) };
  const errors = shippingZoneErrors(zone);
  if (errors.length > 0) throw new Refused(...errors);
  const id = await saveShippingZone(ctx.db, { ...zone, id: ctx.newId() }, ctx.clock());
  return { shippingZone: { ...zone, id } };
}

/** Takes a zone away that no way of shipping has a price for; for staff. */
export async function removeShippingZone(ctx: Context, id: string): Promise<{ removedId: string }> {
  requirePermission(ctx.viewer, 'orders:write');
  if (isId(id) && (await deleteShippingZone(ctx.db, id))) return { removedId: id };
  const isThere = isId(id) && (await findShippingZones(ctx.db, [id])).has(id);
  throw new Refused(
    isThere
      ? conflict('ZONE_IN_USE', 'A way of shipping has a price for this zone.', ['id'])
      : notFound('shipping zone', ['id']),
  );
}
