import type { Page } from '../../shared/pages.js';
import type { Db } from '../database.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Review } from './rules.js';

const columns = Prisma.sql`
  r.id, r.product_id AS "productId", r.rating, r.title, r.body, r.created_at AS "createdAt"`;

export const findReviews = (db: Db, ids: readonly string[]): Promise<Review[]> =>
  db.$queryRaw<Review[]>`SELECT ${columns} FROM review r WHERE r.id = ANY(${[...ids]}::uuid[])`;

/** For each product a page of its reviews, the newest first (ids grow with time); one more than the page has. */
export function pagesOfProducts(db: Db, productIds: readonly string[], page: Page): Promise<Review[]> {
  const [id] = page.after ?? [];
  const from = page.after ? Prisma.sql`AND r.id < ${id}::uuid` : Prisma.empty;
  return db.$queryRaw<Review[]>`
    SELECT page.* FROM unnest(${[...productIds]}::uuid[]) AS parent(id)
    CROSS JOIN LATERAL (
      SELECT ${columns} FROM review r WHERE r.product_id = parent.id ${from}
      ORDER BY r.id DESC LIMIT ${page.limit + 1}::int
    ) page ORDER BY page.id DESC`;
}

/** False when the customer has reviewed the product before. */
export async function insertReview(db: Db, review: Review, customerId: string): Promise<boolean> {
  const inserted = await db.$executeRaw`
    INSERT INTO review (id, product_id, customer_id, rating, title, body, created_at)
    VALUES (${review.id}::uuid, ${review.productId}::uuid, ${customerId}::uuid, ${review.rating}::int, ${review.title},
            ${review.body}, ${review.createdAt}::timestamptz)
    ON CONFLICT (product_id, customer_id) DO NOTHING`;
  return inserted > 0;
}

/** Takes authors and words off the customers' reviews; the stars stay. */
export async function forgetAuthors(db: Db, customerIds: readonly string[]): Promise<void> {
  await db.$executeRaw`
    UPDATE review SET customer_id = NULL, title = NULL, body = NULL
    WHERE customer_id = ANY(${[...customerIds]}::uuid[])`;
}
