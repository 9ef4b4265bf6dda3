import DataLoader from 'dataloader';
import { pageOf, type PageArguments } from '../../shared/pages.js';
import type { Db } from '../context.js';
import type { WishlistItem } from './rules.js';
import { readWishlists } from './store.js';

export interface WishlistLoaders {
  /** Pages of wishlists; those with the same arguments are one statement. */
  wishlistPage: (parameters: PageArguments) => DataLoader<string, WishlistItem[]>;
}

export function createWishlistLoaders({ db }: { db: Db }): WishlistLoaders {
  const loaders = new Map<string, DataLoader<string, WishlistItem[]>>();
  return {
    wishlistPage: (parameters) => {
      const page = pageOf(parameters, ['time', 'id']);
      const name = JSON.stringify(page);
      let loader = loaders.get(name);
      if (!loader) {
        loader = new DataLoader(
          async (userIds: readonly string[]) => {
            const items = await readWishlists(db, userIds, page);
            return userIds.map((userId) => items.filter((item) => item.userId === userId));
          },
          { cache: false },
        );
        loaders.set(name, loader);
      }
      return loader;
    },
  };
}
