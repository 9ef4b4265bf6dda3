/** One statement for all parents of a relation. */
import DataLoader from 'dataloader';
import { isId } from '../shared/ids.js';
import type { Clock } from '../shared/clock.js';
import type { Vault } from '../shared/vault.js';
import type { Db, Loaders } from './context.js';
import type { Page } from '../shared/pages.js';
import type { Order } from './order/rules.js';
import { findOpenCarts } from './cart/store.js';
import { findOrders, listOrdersOfCustomers } from './order/store.js';
import { readPriceBooks, type PriceBookKey } from './pricing/store.js';
import { findShippingMethods } from './shipping-method/store.js';

const inOrder = <T>(keys: readonly string[], found: ReadonlyMap<string, T>): (T | null)[] =>
  keys.map((key) => found.get(key) ?? null);

export function createLoaders(db: Db, vault: Vault, clock: Clock): Loaders {
  const byPage = new Map<string, DataLoader<string, Order[]>>();
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
    shippingMethods: new DataLoader(async (ids) =>
      inOrder(ids, await findShippingMethods(db, ids.filter(isId))),
    ),
    priceBooks: new DataLoader((keys: readonly PriceBookKey[]) => readPriceBooks(db, keys, clock()), {
      cacheKeyFn: (key) => JSON.stringify(key),
    }),
  };
}
