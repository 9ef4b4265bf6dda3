import type { Db } from '../context.js';
import { countriesOf, type ShippingArea, type ShippingZone } from './rules.js';

interface Row {
  id: string;
  code: string;
  name: string;
  areas: unknown;
}

const zoneOf = ({ id, code, name, areas }: Row): ShippingZone => ({
  ...{ id, code, name },
  areas: areas as ShippingArea[],
});

export async function findShippingZones(db: Db, ids: readonly string[]): Promise<Map<string, ShippingZone>> {
  const rows = await db.shippingZone.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, zoneOf(row)]));
}

/** All, by code; there are few. */
export async function listShippingZones(db: Db): Promise<ShippingZone[]> {
  const rows = await db.shippingZone.findMany({ orderBy: { code: 'asc' } });
  return rows.map(zoneOf);
}

/** Makes the zone or sets the one with its code; the row's id, old or new. */
export async function saveShippingZone(db: Db, zone: ShippingZone, updatedAt: Date): Promise<string> {
  const { id, code, name } = zone;
  const facts = { name, areas: zone.areas as object[], countries: countriesOf(zone), updatedAt };
  const row = await db.shippingZone.upsert({
    where: { code },
    create: { id, code, ...facts },
    update: facts,
  });
  return row.id;
}

/** False where there is none, or a method has a price for it. */
export async function deleteShippingZone(db: Db, id: string): Promise<boolean> {
  const gone = await db.$queryRaw<{ id: string }[]>`
    DELETE FROM shipping_zone z WHERE z.id = ${id}::uuid
      AND NOT EXISTS (SELECT FROM shipping_method m WHERE z.id = ANY(m.zone_ids)) RETURNING z.id`;
  return gone.length === 1;
}
