import type { Db } from '../context.js';
import type { TaxCategory, TaxRate } from './rules.js';

/** All, by country and region. */
export async function listTaxRates(db: Db): Promise<TaxRate[]> {
  const rows = await db.taxRate.findMany({
    orderBy: [{ country: 'asc' }, { region: 'asc' }, { taxCategory: 'asc' }],
  });
  return rows.map(({ id, country, region, taxCategory, ratePpm, name }) => ({
    ...{ id, country, region, ratePpm, name },
    taxCategory: taxCategory as TaxCategory,
  }));
}

/** Sets the rate of its country, region and category; the row's id, old or new. */
export async function saveTaxRate(db: Db, rate: TaxRate, now: Date): Promise<string> {
  const { country, region, taxCategory, ratePpm, name } = rate;
  const row = await db.taxRate.upsert({
    where: { country_region_taxCategory: { country, region, taxCategory } },
    create: { ...rate, updatedAt: now },
    update: { ratePpm, name, updatedAt: now },
  });
  return row.id;
}

/** False where there is none. */
export async function deleteTaxRate(db: Db, id: string): Promise<boolean> {
  return (await db.taxRate.deleteMany({ where: { id } })).count === 1;
}
