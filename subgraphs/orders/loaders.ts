/** One statement for all parents of a relation. */
import DataLoader from 'dataloader';
import { isId } from '../shared/ids.js';
import type { Clock } from '../shared/clock.js';
import type { Context, Loaders } from './context.js';
import type { Page } from '../shared/pages.js';
import type { Order } from './order/rules.js';
import { findOpenCarts } from './cart/store.js';
import { findOrders, listOrdersOfCustomers } from './order/store.js';
import { readPriceBooks, type PriceBookKey } from './pricing/store.js';
import { findShippingMethods } from './shipping-method/store.js';

const inOrder = <T>(keys: readonly string[], found: ReadonlyMap<string, T>): (T | null)[] =>
  keys.map((key) => found.get(key) ?? null);

type Means = Pick<Context, 'db' | 'vault' | 'terms'>;

export function createLoaders({ db, vault, terms }: Means, clock: Clock): Loaders {
  const byPage = new Map<string, DataLoader<string, Order[]>>();
  const shippingMethods: Loaders['shippingMethods'] = new DataLoader(async (ids) =>
    inOrder(ids, await findShippingMethods(db, ids.filter(isId))),
  );
  return {
    ordersOf: (page: Page) => {
      const name = JSON.stringify(page);
      let loader = byPage.get(name);
      if (!loader) {
        loader = new DataLoader(async (ids) => {
          const found = await listOrdersOfCustomers(db, ids, page);
          return ids.map((id) => found.get(id) ?? []);
        });
        byPage.set(name, loader);
      }
      return loader;
    },
    orders: new DataLoader(async (ids) => inOrder(ids, await findOrders(db, ids.filter(isId)))),
    // Not kept: a cart changes in the course of a request.
    carts: new DataLoader(async (ids) => inOrder(ids, await findOpenCarts(db, ids.filter(isId))), {
      cache: false,
    }),
    keys: new DataLoader(async (ids) => inOrder(ids, await vault.findKeys(db, ids))),
    shippingMethods,
    priceBooks: new DataLoader(
      async (keys: readonly PriceBookKey[]) => {
        const books = await readPriceBooks(db, terms, keys, clock());
        for (const method of books.flatMap((book) => book.shippingMethods))
          shippingMethods.prime(method.id, method);
        return books;
      },
      { cacheKeyFn: (key) => JSON.stringify(key) },
    ),
  };
}
