import type { Db } from '../database.js';
import type { Price } from '../price/rules.js';
import { Prisma } from '../prisma.generated/client.js';
import { optionsKey, type NewVariant, type Variant, type VariantFacts } from './rules.js';

/** JSON has no integers beyond 2^53, so amounts come as text. */
interface PriceRow {
  currencyCode: string;
  regular: string;
  sale: string | null;
}
type Row<V extends Variant = Variant> = Omit<V, 'prices'> & { prices: PriceRow[] };

const priceOf = ({ currencyCode, regular, sale }: PriceRow): Price => ({
  currencyCode,
  regular: BigInt(regular),
  sale: sale === null ? null : BigInt(sale),
});

const variantOf = <V extends Variant>(row: Row<V>): V =>
  ({ ...row, prices: row.prices.map(priceOf) }) as unknown as V;

const columns = Prisma.sql`
  v.id, v.product_id AS "productId", p.name AS "productName", p.status AS "productStatus", v.sku,
  v.selected_options AS "selectedOptions", v.attributes, v.weight_grams AS "weightGrams", v.image_url AS "imageUrl",
  v.active, v.position, v.version,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object('currencyCode', currency_code, 'regular', regular_amount::text,
                                        'sale', sale_amount::text) ORDER BY currency_code)
    FROM variant_price WHERE variant_id = v.id), '[]') AS prices`;
const source = Prisma.sql`product_variant v JOIN product p ON p.id = v.product_id`;

export async function findVariants(db: Db, ids: readonly string[]): Promise<Variant[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM ${source} WHERE v.id = ANY(${[...ids]}::uuid[])`;
  return rows.map(variantOf);
}

export async function findVariantsBySku(db: Db, skus: readonly string[]): Promise<Variant[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM ${source} WHERE v.sku = ANY(${[...skus]}::text[])`;
  return rows.map(variantOf);
}

/** Variants of all the products, in their order. */
export async function findVariantsOfProducts(db: Db, productIds: readonly string[]): Promise<Variant[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM ${source} WHERE v.product_id = ANY(${[...productIds]}::uuid[])
    ORDER BY v.product_id, v.position`;
  return rows.map(variantOf);
}

/** Variants with what checkout needs of their products, in one statement. */
export async function findVariantFacts(db: Db, ids: readonly string[]): Promise<VariantFacts[]> {
  const rows = await db.$queryRaw<Row<VariantFacts>[]>`
    SELECT ${columns}, p.tax_category AS "taxCategory", p.images #>> '{0,url}' AS "productImageUrl",
           p.attributes AS "productAttributes", coalesce(c.lineage, '{}') AS lineage,
           (SELECT max(minimum_age)::int FROM category a WHERE a.id = ANY(c.lineage)) AS "minimumAge"
    FROM ${source} LEFT JOIN category c ON c.id = p.category_id
    WHERE v.id = ANY(${[...ids]}::uuid[])`;
  return rows.map(variantOf);
}

export interface VariantRow extends NewVariant {
  id: string;
  sku: string;
  position: number;
}

/** Inserts those whose SKU is free; the ids of these. */
export async function insertVariants(
  db: Db,
  productId: string,
  variants: readonly VariantRow[],
  now: Date,
): Promise<Set<string>> {
  const news = variants.map((variant) => ({
    id: variant.id,
    sku: variant.sku,
    selected_options: variant.selectedOptions,
    options_key: optionsKey(variant.selectedOptions),
    attributes: variant.attributes,
    weight_grams: variant.weightGrams,
    image_url: variant.imageUrl,
    active: variant.active,
    position: variant.position,
  }));
  const rows = await db.$queryRaw<{ id: string }[]>`
    INSERT INTO product_variant (id, product_id, sku, selected_options, options_key, attributes, weight_grams, image_url,
                                 active, position, created_at, updated_at)
    SELECT id, ${productId}::uuid, sku, selected_options, options_key, attributes, weight_grams, image_url, active,
           position, ${now}::timestamptz, ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(news)}::jsonb)
      AS n(id uuid, sku text, selected_options jsonb, options_key text, attributes jsonb, weight_grams int,
           image_url text, active boolean, position int)
    ORDER BY sku
    ON CONFLICT (sku) DO NOTHING
    RETURNING id`;
  return new Set(rows.map((row) => row.id));
}

/** Writes the facts anew, if the variant still has `expectedVersion`; false when it has another. */
export async function saveVariant(
  db: Db,
  variant: Pick<Variant, 'id' | 'sku' | 'attributes' | 'weightGrams' | 'imageUrl' | 'active'>,
  expectedVersion: number,
  now: Date,
): Promise<boolean> {
  const updated = await db.$executeRaw`
    UPDATE product_variant SET sku = ${variant.sku}, attributes = ${JSON.stringify(variant.attributes)}::jsonb,
      weight_grams = ${variant.weightGrams}::int, image_url = ${variant.imageUrl}, active = ${variant.active},
      version = version + 1, updated_at = ${now}::timestamptz
    WHERE id = ${variant.id}::uuid AND version = ${expectedVersion}::int`;
  return updated > 0;
}
