import type { Db } from '../context.js';
import { toJson } from '../order/records.js';
import type { TaxCategory } from '../tax/rules.js';
import { zoneIdsOf, type ShippingMethod } from './rules.js';
import { tiersOf } from './tiers.js';

interface Row extends Omit<ShippingMethod, 'tiers' | 'taxCategory'> {
  tiers: unknown;
  taxCategory: string;
}
const methodOf = (row: Row): ShippingMethod => ({
  ...{ id: row.id, code: row.code, name: row.name, carrier: row.carrier, service: row.service },
  ...{ countries: row.countries, currencyCode: row.currencyCode, freeAbove: row.freeAbove },
  ...{ estimatedDaysMin: row.estimatedDaysMin, estimatedDaysMax: row.estimatedDaysMax },
  ...{ cutoffHour: row.cutoffHour, active: row.active },
  taxCategory: row.taxCategory as TaxCategory,
  tiers: tiersOf(row.tiers),
});

const rowOf = ({ tiers, ...columns }: ShippingMethod) => ({
  ...columns,
  tiers: JSON.parse(toJson(tiers)) as object,
  zoneIds: zoneIdsOf({ tiers }),
});

export async function findShippingMethods(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, ShippingMethod>> {
  const rows = await db.shippingMethod.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, methodOf(row)]));
}

/** All, active or not; there are few. */
export async function listShippingMethods(db: Db): Promise<ShippingMethod[]> {
  const rows = await db.shippingMethod.findMany({ orderBy: { id: 'asc' } });
  return rows.map(methodOf);
}

/** False where the code is taken. */
export async function insertShippingMethod(db: Db, method: ShippingMethod, now: Date): Promise<boolean> {
  const data = [{ ...rowOf(method), createdAt: now }];
  return (await db.shippingMethod.createMany({ data, skipDuplicates: true })).count === 1;
}

/** The method, kept from others who would change it until the transaction ends. */
export async function lockShippingMethod(db: Db, id: string): Promise<ShippingMethod | null> {
  await db.$queryRaw`SELECT id FROM shipping_method WHERE id = ${id}::uuid FOR UPDATE`;
  return (await findShippingMethods(db, [id])).get(id) ?? null;
}

/** Writes a method that was locked. */
export async function saveShippingMethod(db: Db, method: ShippingMethod): Promise<void> {
  await db.shippingMethod.update({ where: { id: method.id }, data: rowOf(method) });
}
