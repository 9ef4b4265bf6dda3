import type { Caller } from '../shared/caller.js';
import { createBaseContext, type BaseContext, type Parts } from '../shared/parts.js';
import { createBackorderLoaders, type BackorderLoaders } from './backorder/loaders.js';
import type { Db } from './database.js';
import type { Lane } from './reservation/lane.js';
import type { Decision, ReservationRequest } from './reservation/rules.js';
import { createStockLoaders, type StockLoaders } from './stock/loaders.js';
import { createTransferLoaders, type TransferLoaders } from './transfer/loaders.js';
import { createWarehouseLoaders, type WarehouseLoaders } from './warehouse/loaders.js';

export interface Loaders extends StockLoaders, WarehouseLoaders, BackorderLoaders, TransferLoaders {}

export interface Context extends BaseContext {
  db: Db;
  loaders: Loaders;
  /** Where this process gathers requests for stock, to decide together those that come together. */
  lane: Lane<ReservationRequest, Decision>;
}

export interface Outside {
  db: Db;
  lane: Lane<ReservationRequest, Decision>;
}

/** A fresh context for one request, one event of a subscription or one batch of messages. */
export const createContext = (parts: Parts, outside: Outside, caller: Caller): Context => ({
  ...createBaseContext(parts, 'inventory', caller),
  ...outside,
  loaders: {
    ...createStockLoaders(outside.db),
    ...createWarehouseLoaders(outside.db),
    ...createBackorderLoaders(outside.db),
    ...createTransferLoaders(outside.db),
  },
});
