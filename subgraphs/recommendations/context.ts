import type { Caller } from '../shared/caller.js';
import { createBaseContext, type BaseContext, type Parts } from '../shared/parts.js';
import type { Vault } from '../shared/vault.js';
import type { Prisma, PrismaClient } from './prisma.generated/client.js';
import { createRecommendationLoaders, type RecommendationLoaders } from './recommendation/loaders.js';

/** The client itself, or a transaction. */
export type Db = PrismaClient | Prisma.TransactionClient;

export interface Context extends BaseContext {
  db: Db;
  vault: Vault;
  loaders: RecommendationLoaders;
}

/** What all requests of the process share. */
export interface Dependencies {
  db: PrismaClient;
  vault: Vault;
}

export function createContext(parts: Parts, { db, vault }: Dependencies, caller: Caller): Context {
  const base = createBaseContext(parts, 'recommendations', caller);
  return { ...base, db, vault, loaders: createRecommendationLoaders({ ...base, db }) };
}
