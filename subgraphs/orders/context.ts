/** What every operation of orders is given. */
import { randomBytes } from 'node:crypto';
import type DataLoader from 'dataloader';
import type { Caller } from '../shared/caller.js';
import { createBaseContext, type BaseContext, type Parts } from '../shared/parts.js';
import type { Page } from '../shared/pages.js';
import type { SubjectKey, Vault } from '../shared/vault.js';
import { createLoaders } from './loaders.js';
import type { Carrier } from './carrier/carrier.js';
import type { Cart } from './cart/rules.js';
import type { Order } from './order/rules.js';
import type { PriceBook } from './pricing/rules.js';
import type { KeptTerms, PriceBookKey } from './pricing/store.js';
import type { Prisma, PrismaClient } from './prisma.generated/client.js';
import type { PromotionPort } from './promotion/port.js';
import type { TaxPort } from './tax/port.js';
import type { ShippingMethod } from './shipping-method/rules.js';

export type Db = PrismaClient | Prisma.TransactionClient;

export interface Loaders {
  /** Whoever's they are: ask `maySeeOrder` before showing one. */
  orders: DataLoader<string, Order | null>;
  /** Pages of customers' orders: `limit + 1` rows each. */
  ordersOf: (page: Page) => DataLoader<string, Order[]>;
  /** Open carts of customers, read anew each time. */
  carts: DataLoader<string, Cart | null>;
  /** Keys of customers; null after a deletion. */
  keys: DataLoader<string, SubjectKey | null>;
  shippingMethods: DataLoader<string, ShippingMethod | null>;
  /** For showing: read once per request and question. Checkout reads anew. */
  priceBooks: DataLoader<PriceBookKey, PriceBook, string>;
}

export interface Context extends BaseContext {
  /** Price terms that this process has read. */
  terms: KeptTerms;
  db: Db;
  vault: Vault;
  loaders: Loaders;
  taxes: TaxPort;
  /** Who carries parcels; null where none is set up and staff type the numbers. */
  carrier: Carrier | null;
  promotions: PromotionPort;
  /** So many random bytes. */
  random: (size: number) => Uint8Array;
}

/** What orders has of its own, the same for all requests. */
export interface Means {
  terms: KeptTerms;
  db: Db;
  vault: Vault;
  taxes: TaxPort;
  carrier: Carrier | null;
  promotions: PromotionPort;
}

export function createContext(parts: Parts, means: Means, caller: Caller): Context {
  return {
    ...createBaseContext(parts, 'orders', caller),
    ...means,
    loaders: createLoaders(means, parts.clock),
    random: randomBytes,
  };
}
