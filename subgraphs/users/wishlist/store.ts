import type { Page } from '../../shared/pages.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';
import { timeAndIdAfter } from '../keyset.js';
import type { WishlistItem } from './rules.js';

/** One more than the page shows for each user, the newest first; one statement. */
export async function readWishlists(db: Db, userIds: readonly string[], page: Page): Promise<WishlistItem[]> {
  const after = timeAndIdAfter(page);
  const below = after
    ? Prisma.sql`(w.added_at, w.variant_id) < (${after.time}::timestamptz, ${after.id}::uuid)`
    : Prisma.sql`true`;
  return db.$queryRaw<WishlistItem[]>`
    SELECT u.id AS "userId", w.variant_id AS "variantId", w.added_at AS "addedAt"
    FROM unnest(${[...userIds]}::uuid[]) AS u(id)
    CROSS JOIN LATERAL (
      SELECT w.variant_id, w.added_at FROM wishlist_item w WHERE w.user_id = u.id AND ${below}
      ORDER BY w.added_at DESC, w.variant_id DESC LIMIT ${page.limit + 1}::int
    ) w
    ORDER BY w.added_at DESC, w.variant_id DESC`;
}

/** Whether it is on the list afterwards: not when the list has `max` items already, or the account is gone. */
export async function insertWishlistItem(db: Db, item: WishlistItem, max: number): Promise<boolean> {
  const rows = await db.$queryRaw<{ there: boolean }[]>`
    WITH account AS (
      SELECT id FROM user_account WHERE id = ${item.userId}::uuid AND deleted_at IS NULL FOR NO KEY UPDATE
    ), added AS (
      INSERT INTO wishlist_item (user_id, variant_id, added_at)
      SELECT id, ${item.variantId}::uuid, ${item.addedAt}::timestamptz FROM account
      WHERE (SELECT count(*) FROM wishlist_item WHERE user_id = account.id) < ${max}::int
      ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT EXISTS (SELECT FROM added) OR EXISTS (
      SELECT FROM wishlist_item WHERE user_id = ${item.userId}::uuid AND variant_id = ${item.variantId}::uuid
    ) AS there`;
  return rows[0]?.there ?? false;
}

export async function deleteWishlistItem(db: Db, userId: string, variantId: string): Promise<void> {
  await db.wishlistItem.deleteMany({ where: { userId, variantId } });
}
