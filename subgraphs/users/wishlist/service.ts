import { conflict, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { requireUser } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { User } from '../user/rules.js';
import { maxWishlistItems, type WishlistItem } from './rules.js';
import { deleteWishlistItem, insertWishlistItem } from './store.js';

/** A user's wishlist, the newest item first. */
export async function wishlistOf(
  ctx: Context,
  userId: string,
  parameters: PageArguments,
): Promise<Connection<WishlistItem>> {
  const items = await ctx.loaders.wishlistPage(parameters).load(userId);
  return connectionOf(items, pageOf(parameters, ['time', 'id']), (item) => [
    item.addedAt.toISOString(),
    item.variantId,
  ]);
}

interface Changed {
  user: User | null;
}

/** Puts a variant on the viewer's wishlist; nothing happens where it is there already. */
export async function addToWishlist(ctx: Context, { variantId }: { variantId: string }): Promise<Changed> {
  const userId = requireUser(ctx.viewer);
  if (!isId(variantId)) throw new Refused(notFound('product variant', ['variantId']));
  const item = { userId, variantId, addedAt: ctx.clock() };
  if (!(await insertWishlistItem(ctx.db, item, maxWishlistItems))) {
    throw new Refused(conflict('WISHLIST_FULL', `A wishlist holds ${maxWishlistItems} articles.`));
  }
  return { user: await ctx.loaders.userById.load(userId) };
}

/** Takes a variant off the viewer's wishlist. */
export async function removeFromWishlist(
  ctx: Context,
  { variantId }: { variantId: string },
): Promise<Changed> {
  const userId = requireUser(ctx.viewer);
  if (isId(variantId)) await deleteWishlistItem(ctx.db, userId, variantId);
  return { user: await ctx.loaders.userById.load(userId) };
}
