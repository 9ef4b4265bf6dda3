/** Recommendations for a test: on a database of its own, with a catalogue that the test fills. */
import { randomUUID } from 'node:crypto';
import { createTestParts, guestCaller, type TestParts } from '../../../tests/testkit/parts.js';
import type { Door } from '../../shared/call.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { openDatabase } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import type { EventType, Message, PayloadOf } from '../../shared/events/catalogue.js';
import type { Handlers } from '../../shared/events/inbox.js';
import type { Subgraph } from '../../shared/subgraph.js';
import { transact } from '../../shared/transaction.js';
import { createVault, type Vault } from '../../shared/vault.js';
import { behaviourConsumer } from '../behaviour/events.js';
import { createContext, type Context } from '../context.js';
import { createRecommendations } from '../main.js';
import { trainNeighbours, trainPopularity } from '../model/service.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { productsConsumer } from '../product/events.js';

export interface CatalogProduct {
  status: 'ACTIVE' | 'DISCONTINUED';
  categoryId: string | null;
  createdAt: string;
}

export interface Setting {
  parts: TestParts;
  db: PrismaClient;
  vault: Vault;
  subgraph: Subgraph;
  /** What catalog answers. */
  catalog: Map<string, CatalogProduct>;
  context(): Context;
  /** Adds a product to catalog and tells of it; its id. */
  product(facts?: Partial<CatalogProduct>): Promise<string>;
  /** Handles an event as its consumer would, twice. */
  tell<Type extends EventType>(type: Type, payload: PayloadOf<Type>, occurredAt?: Date): Promise<void>;
  /** Tells of a paid order of these products. */
  order(customerId: string, ...productIds: string[]): Promise<void>;
  /** Trains the models with all there is. */
  train(): Promise<void>;
  /** Asks; throws when the answer has errors. */
  ask<T>(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<T>;
  close(): Promise<void>;
}

export const visitor = guestCaller;

export async function createSetting(): Promise<Setting> {
  const catalog = new Map<string, CatalogProduct>();
  const door: Door = {
    execute: async ({ variables }) => {
      const id = variables?.['id'] as string;
      const known = catalog.get(id);
      if (!known) return { data: { product: null } };
      const { categoryId, ...facts } = known;
      return { data: { product: { id, ...facts, category: categoryId ? { id: categoryId } : null } } };
    },
  };
  const parts = await createTestParts({ catalog: door });
  const subgraph = await createRecommendations(parts);
  const database = openDatabase({
    url: parts.databaseUrl('recommendations'),
    schema: 'recommendations',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const vault = createVault({
    masterKey: parts.config.masterKey,
    clock: parts.clock,
    schema: 'recommendations',
  });
  const context = (): Context =>
    createContext(parts, { db, vault }, serviceCaller('recommendations', randomUUID()));

  const handlers: Handlers<Context> = { ...behaviourConsumer.handlers, ...productsConsumer.handlers };
  const tell: Setting['tell'] = async (type, payload, occurredAt = parts.clock()) => {
    const handler = handlers[type] as (ctx: Context, batch: Message[]) => Promise<void>;
    const message: Message = {
      id: parts.newId(),
      type,
      version: 1,
      aggregateType: 'Test',
      aggregateId: parts.newId(),
      aggregateSeq: 1,
      correlationId: 'test',
      occurredAt,
      payload,
    };
    for (let time = 0; time < 2; time += 1) await transact(context(), (ctx) => handler(ctx, [message]));
  };

  return {
    parts,
    db,
    vault,
    subgraph,
    catalog,
    context,
    tell,
    product: async (facts) => {
      const id = parts.newId();
      const createdAt = parts.clock().toISOString();
      catalog.set(id, { status: 'ACTIVE', categoryId: null, createdAt, ...facts });
      await tell('ProductChanged', { productId: id });
      return id;
    },
    order: (customerId, ...productIds) =>
      tell('OrderPaid', {
        orderId: parts.newId(),
        customerId,
        amount: '100',
        currencyCode: 'EUR',
        lines: productIds.map((productId) => ({ productId, variantId: parts.newId(), quantity: 1 })),
      }),
    train: async () => {
      while ((await db.basketItem.count({ where: { learned: false } })) > 0) await trainNeighbours(context());
      await trainPopularity(context());
    },
    ask: async <T>(caller: Caller, query: string, variables: Record<string, unknown> = {}) => {
      const { data, errors } = await subgraph.execute({ query, variables, caller });
      if (errors) throw new Error(errors.map((error) => error.message).join(' '));
      return data as T;
    },
    close: async () => {
      await subgraph.stop();
      await db.$disconnect();
      await database.close();
      await parts.close();
    },
  };
}

/** A list as ids and algorithms. */
export interface Recommended {
  product: { id: string };
  score: number;
  reason: string;
  algorithm: string;
}

export const fields = '{ product { id } score reason algorithm }';
