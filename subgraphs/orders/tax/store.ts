import type { Db } from '../context.js';
import type { TaxCategory, TaxRate } from './rules.js';

/** All, by country. */
export async function listTaxRates(db: Db): Promise<TaxRate[]> {
  const rows = await db.taxRate.findMany({ orderBy: [{ country: 'asc' }, { taxCategory: 'asc' }] });
  return rows.map(({ id, country, taxCategory, rateBasisPoints, name }) => ({
    ...{ id, country, rateBasisPoints, name },
    taxCategory: taxCategory as TaxCategory,
  }));
}

/** Sets the rate of its country and category; the row's id, old or new. */
export async function saveTaxRate(db: Db, rate: TaxRate, now: Date): Promise<string> {
  const { id, country, taxCategory, rateBasisPoints, name } = rate;
  const row = await db.taxRate.upsert({
    where: { country_taxCategory: { country, taxCategory } },
    create: { id, country, taxCategory, rateBasisPoints, name, updatedAt: now },
    update: { rateBasisPoints, name, updatedAt: now },
  });
  return row.id;
}
