import type { Page } from '../../shared/pages.js';
import type { Db } from '../database.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Product, ProductFacts } from './rules.js';

const columns = Prisma.sql`
  p.id, p.handle, p.name, p.sort_name AS "sortName", p.description, p.status, p.tax_category AS "taxCategory",
  p.brand_id AS "brandId", p.category_id AS "categoryId", p.images, p.attributes,
  p.rating_count AS "ratingCount", p.rating_sum AS "ratingSum", p.version, p.created_at AS "createdAt"`;

export const findProducts = (db: Db, ids: readonly string[]): Promise<Product[]> =>
  db.$queryRaw<Product[]>`SELECT ${columns} FROM product p WHERE p.id = ANY(${[...ids]}::uuid[])`;

export async function findProductByHandle(db: Db, handle: string): Promise<Product | null> {
  const rows = await db.$queryRaw<Product[]>`SELECT ${columns} FROM product p WHERE p.handle = ${handle}`;
  return rows[0] ?? null;
}

export interface ProductSelection {
  categoryId: string | null;
  brandId: string | null;
  /** Null: whatever the status. */
  status: Product['status'] | null;
}

const conditions = ({ categoryId, brandId, status }: ProductSelection): Prisma.Sql =>
  Prisma.join(
    [
      Prisma.sql`true`,
      ...(status ? [Prisma.sql`p.status = ${status}::"ProductStatus"`] : []),
      ...(brandId ? [Prisma.sql`p.brand_id = ${brandId}::uuid`] : []),
      ...(categoryId
        ? [
            Prisma.sql`p.category_id IN (SELECT id FROM category WHERE lineage @> ARRAY[${categoryId}]::uuid[])`,
          ]
        : []),
    ],
    ' AND ',
  );

/** Selected products, the newest first (ids grow with time); one more than the page has. */
export function listProductsByAge(db: Db, selection: ProductSelection, page: Page): Promise<Product[]> {
  const [id] = page.after ?? [];
  const from = page.after ? Prisma.sql`AND p.id < ${id}::uuid` : Prisma.empty;
  return db.$queryRaw<Product[]>`
    SELECT ${columns} FROM product p WHERE ${conditions(selection)} ${from}
    ORDER BY p.id DESC LIMIT ${page.limit + 1}::int`;
}

/** Selected products by name; one more than the page has. */
export function listProductsByName(
  db: Db,
  selection: ProductSelection,
  page: Page,
  direction: 'ASC' | 'DESC',
): Promise<Product[]> {
  const [sortName, id] = page.after ?? [];
  const ascending = direction === 'ASC';
  const key = Prisma.sql`(${sortName}, ${id}::uuid)`;
  const from = !page.after
    ? Prisma.empty
    : ascending
      ? Prisma.sql`AND (p.sort_name, p.id) > ${key}`
      : Prisma.sql`AND (p.sort_name, p.id) < ${key}`;
  const order = ascending ? Prisma.sql`p.sort_name, p.id` : Prisma.sql`p.sort_name DESC, p.id DESC`;
  return db.$queryRaw<Product[]>`
    SELECT ${columns} FROM product p WHERE ${conditions(selection)} ${from}
    ORDER BY ${order} LIMIT ${page.limit + 1}::int`;
}

/** For each category a page of the products in it or below it, the newest first; one more than the page has. */
export function pagesOfCategories(
  db: Db,
  categoryIds: readonly string[],
  status: Product['status'] | null,
  page: Page,
): Promise<(Product & { parentId: string })[]> {
  const [id] = page.after ?? [];
  const from = page.after ? Prisma.sql`AND p.id < ${id}::uuid` : Prisma.empty;
  const onlyStatus = status ? Prisma.sql`AND p.status = ${status}::"ProductStatus"` : Prisma.empty;
  return db.$queryRaw<(Product & { parentId: string })[]>`
    SELECT parent.id AS "parentId", page.* FROM unnest(${[...categoryIds]}::uuid[]) AS parent(id)
    CROSS JOIN LATERAL (
      SELECT ${columns} FROM product p
      WHERE p.category_id IN (SELECT c.id FROM category c WHERE c.lineage @> ARRAY[parent.id]) ${onlyStatus} ${from}
      ORDER BY p.id DESC LIMIT ${page.limit + 1}::int
    ) page ORDER BY page.id DESC`;
}

/** False when the handle is taken. */
export async function insertProduct(
  db: Db,
  { id, ...product }: ProductFacts & { id: string },
  now: Date,
): Promise<boolean> {
  const inserted = await db.$executeRaw`
    INSERT INTO product (id, handle, name, description, status, tax_category, brand_id, category_id, images, attributes,
                         created_at, updated_at)
    VALUES (${id}::uuid, ${product.handle}, ${product.name}, ${product.description},
            ${product.status}::"ProductStatus", ${product.taxCategory}::"TaxCategory", ${product.brandId}::uuid,
            ${product.categoryId}::uuid, ${JSON.stringify(product.images)}::jsonb,
            ${JSON.stringify(product.attributes)}::jsonb, ${now}::timestamptz, ${now}::timestamptz)
    ON CONFLICT (handle) DO NOTHING`;
  return inserted > 0;
}

/** Writes all facts anew, if the product still has `expectedVersion`; null when it has another. */
export async function saveProduct(
  db: Db,
  product: ProductFacts & { id: string },
  expectedVersion: number,
  now: Date,
): Promise<Product | null> {
  const rows = await db.$queryRaw<Product[]>`
    UPDATE product p SET handle = ${product.handle}, name = ${product.name}, description = ${product.description},
      status = ${product.status}::"ProductStatus", tax_category = ${product.taxCategory}::"TaxCategory",
      brand_id = ${product.brandId}::uuid, category_id = ${product.categoryId}::uuid,
      images = ${JSON.stringify(product.images)}::jsonb, attributes = ${JSON.stringify(product.attributes)}::jsonb,
      version = version + 1, revision = revision + 1, updated_at = ${now}::timestamptz
    WHERE p.id = ${product.id}::uuid AND p.version = ${expectedVersion}::int
    RETURNING ${columns}`;
  return rows[0] ?? null;
}

/** The product, locked until the transaction ends. */
export async function lockProduct(db: Db, id: string): Promise<Product | null> {
  const rows = await db.$queryRaw<Product[]>`
    SELECT ${columns} FROM product p WHERE p.id = ${id}::uuid FOR NO KEY UPDATE`;
  return rows[0] ?? null;
}

/** Adds a review's stars to the product's rating, without counting the others again. */
export async function addStars(db: Db, id: string, stars: number): Promise<void> {
  await db.$executeRaw`
    UPDATE product SET rating_count = rating_count + 1, rating_sum = rating_sum + ${stars}::int,
      revision = revision + 1
    WHERE id = ${id}::uuid`;
}
