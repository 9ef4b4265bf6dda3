import { createBaseContext, type BaseContext, type Parts } from '../shared/parts.js';
import type { Caller } from '../shared/caller.js';
import type { Vault } from '../shared/vault.js';
import { createPaymentLoaders, type PaymentLoaders } from './payment/loaders.js';
import { createDisputeLoaders, type DisputeLoaders } from './dispute/loaders.js';
import { createMethodLoaders, type MethodLoaders } from './payment-method/loaders.js';
import { createRefundLoaders, type RefundLoaders } from './refund/loaders.js';
import { createRiskListLoaders, type RiskListLoaders } from './risk-list/loaders.js';
import type { Prisma, PrismaClient } from './prisma.generated/client.js';
import type { PaymentProvider } from './provider/provider.js';
import type { PaymentRules } from './settings.js';

/** The client, or a transaction of it. */
export type Db = PrismaClient | Prisma.TransactionClient;

export interface Loaders
  extends PaymentLoaders, RefundLoaders, DisputeLoaders, MethodLoaders, RiskListLoaders {}

export interface Context extends BaseContext {
  db: Db;
  vault: Vault;
  provider: PaymentProvider;
  rules: PaymentRules;
  loaders: Loaders;
}

export interface Outside {
  db: PrismaClient;
  vault: Vault;
  provider: PaymentProvider;
  rules: PaymentRules;
}

export function createContext(parts: Parts, outside: Outside, caller: Caller): Context {
  const { db, vault } = outside;
  return {
    ...createBaseContext(parts, 'payments', caller),
    ...outside,
    loaders: {
      ...createPaymentLoaders(db, vault),
      ...createRefundLoaders(db),
      ...createRiskListLoaders(db),
      ...createDisputeLoaders(db),
      ...createMethodLoaders(db, vault),
    },
  };
}
