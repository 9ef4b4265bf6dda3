import type { BaseContext } from '../shared/parts.js';
import { createAccountLoaders, type AccountLoaders } from './account/loaders.js';
import type { Prisma, PrismaClient } from './prisma.generated/client.js';

/** The client itself, or a transaction. */
export type Db = PrismaClient | Prisma.TransactionClient;

export interface Context extends BaseContext {
  db: Db;
  loaders: AccountLoaders;
}

/** A fresh context for one request, one event of a subscription or one batch of messages. */
export const createContext = (base: BaseContext, db: Db): Context => ({
  ...base,
  db,
  loaders: createAccountLoaders(db),
});
