import type { Db } from '../context.js';
import { toJson } from '../order/records.js';
import type { TaxCategory } from '../tax/rules.js';
import type { ShippingMethod } from './rules.js';

interface Row extends Omit<ShippingMethod, 'tiers' | 'taxCategory'> {
  tiers: unknown;
  taxCategory: string;
}
type TierRow = { maxWeightGrams: number | null; maxValue: string | null; price: string };

const methodOf = ({ tiers, taxCategory, ...row }: Row): ShippingMethod => ({
  ...row,
  taxCategory: taxCategory as TaxCategory,
  tiers: (tiers as TierRow[]).map((tier) => ({
    maxWeightGrams: tier.maxWeightGrams,
    maxValue: tier.maxValue === null ? null : BigInt(tier.maxValue),
    price: BigInt(tier.price),
  })),
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
  const { tiers, ...columns } = method;
  const data = { ...columns, tiers: JSON.parse(toJson(tiers)) as object, createdAt: now };
  const { count } = await db.shippingMethod.createMany({ data: [data], skipDuplicates: true });
  return count === 1;
}
