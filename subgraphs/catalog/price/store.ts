import type { Db } from '../database.js';
import type { VariantPrice } from './rules.js';

/** Writes prices, new ones and changed ones. */
export async function savePrices(db: Db, prices: readonly VariantPrice[], now: Date): Promise<void> {
  if (prices.length === 0) return;
  const rows = prices.map((price) => ({
    variant_id: price.variantId,
    currency_code: price.currencyCode,
    regular: price.regular.toString(),
    sale: price.sale?.toString() ?? null,
  }));
  await db.$executeRaw`
    INSERT INTO variant_price (variant_id, currency_code, regular_amount, sale_amount, updated_at)
    SELECT variant_id, currency_code, regular, sale, ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS n(variant_id uuid, currency_code text, regular bigint, sale bigint)
    ORDER BY variant_id, currency_code
    ON CONFLICT (variant_id, currency_code) DO UPDATE SET regular_amount = excluded.regular_amount,
      sale_amount = excluded.sale_amount, updated_at = excluded.updated_at`;
}

export async function findPrices(db: Db, variantIds: readonly string[]): Promise<VariantPrice[]> {
  return db.$queryRaw<VariantPrice[]>`
    SELECT variant_id AS "variantId", currency_code AS "currencyCode", regular_amount AS regular, sale_amount AS sale
    FROM variant_price WHERE variant_id = ANY(${[...variantIds]}::uuid[])`;
}
