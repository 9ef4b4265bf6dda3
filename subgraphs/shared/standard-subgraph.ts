/** A subgraph that needs nothing but its database: what is its own goes in, `createSubgraph` and consumers come out. */
import type { PrismaPg } from '@prisma/adapter-pg';
import type { SubgraphName } from '../list.js';
import { serviceCaller, type Caller } from './caller.js';
import { openDatabase, type Sql } from './db.js';
import { connectClient } from './open-transaction.js';
import { startConsumers, type Consumer, type ConsumerContext } from './events/inbox.js';
import { createBaseContext, type BaseContext, type Parts } from './parts.js';
import type { Policy } from './policy.js';
import { buildSchema } from './schema.js';
import { createSubgraph, type Subgraph } from './subgraph.js';

export interface StandardSubgraph<Client, Context> {
  name: SubgraphName;
  resolvers: object;
  policy: Policy;
  consumers: readonly Consumer<Context>[];
  /** Of the subgraph's own generated Prisma client. */
  createClient: (adapter: PrismaPg) => Client;
  /** A fresh context for one request, one event of a subscription or one batch of messages. */
  createContext: (base: BaseContext, db: Client) => Context;
}

/** Opens the database and makes the subgraph; `start` begins to consume. */
export async function createStandardSubgraph<
  Client extends Sql & { $disconnect(): Promise<void> },
  Context extends ConsumerContext,
>(parts: Parts, own: StandardSubgraph<Client, Context>): Promise<Subgraph> {
  const { name, resolvers, policy, consumers } = own;
  const { log } = parts;
  const database = openDatabase({
    url: parts.databaseUrl(name),
    schema: name,
    onError: (error) => log.warn({ err: error }, `${name} lost a database connection`),
  });
  const db = await connectClient(own.createClient(database.adapter), database.pool);
  const contextFor = (caller: Caller): Context =>
    own.createContext(createBaseContext(parts, name, caller), db);
  let consuming: { stop(): Promise<void> } | undefined;
  return createSubgraph({
    name,
    schema: buildSchema({ name, resolvers, policy }),
    log,
    createContext: contextFor,
    start: async () => {
      consuming = await startConsumers({
        schema: name,
        consumers,
        createContext: (correlationId) => contextFor(serviceCaller(name, correlationId)),
      });
    },
    ready: async () => void (await database.pool.query('SELECT 1')),
    stop: async () => {
      await consuming?.stop();
      await db.$disconnect();
      await database.close();
    },
  });
}
