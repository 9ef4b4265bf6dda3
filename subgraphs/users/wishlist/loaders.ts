import type { Db } from '../context.js';
import { createPageLoader, type PageLoader } from '../page-loader.js';
import type { WishlistItem } from './rules.js';
import { readWishlists } from './store.js';

export interface WishlistLoaders {
  wishlistPage: PageLoader<WishlistItem>;
}

export const createWishlistLoaders = ({ db }: { db: Db }): WishlistLoaders => ({
  wishlistPage: createPageLoader((userIds, page) => readWishlists(db, userIds, page)),
});
