/** Recommendations: what visitors do, what is learnt from it, and which products are worth showing. */
import { serviceCaller, type Caller } from '../shared/caller.js';
import { openDatabase } from '../shared/db.js';
import { connectClient } from '../shared/open-transaction.js';
import { startConsumers } from '../shared/events/inbox.js';
import type { Parts } from '../shared/parts.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createVault } from '../shared/vault.js';
import { behaviourConsumer } from './behaviour/events.js';
import { createContext, type Context } from './context.js';
import { trainingConsumer } from './model/events.js';
import { startTraining } from './model/service.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import { productsConsumer } from './product/events.js';
import { resolvers } from './resolvers.js';

/** Opens the database and makes the subgraph; `start` begins to consume events and to train. */
export async function createRecommendations(parts: Parts): Promise<Subgraph> {
  const { log, clock, config } = parts;
  const database = openDatabase({
    url: parts.databaseUrl('recommendations'),
    schema: 'recommendations',
    onError: (error) => log.warn({ err: error }, 'recommendations lost a database connection'),
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const vault = createVault({ masterKey: config.masterKey, clock, schema: 'recommendations' });
  const contextFor = (caller: Caller): Context => createContext(parts, { db, vault }, caller);
  const serviceContext = (correlationId: string): Context =>
    contextFor(serviceCaller('recommendations', correlationId));
  let consuming: { stop(): Promise<void> } | undefined;

  return createSubgraph({
    name: 'recommendations',
    schema: buildSchema({ name: 'recommendations', resolvers, policy }),
    log,
    createContext: contextFor,
    start: async () => {
      await startTraining(serviceContext(parts.newId()));
      consuming = await startConsumers({
        schema: 'recommendations',
        consumers: [behaviourConsumer, productsConsumer, trainingConsumer],
        createContext: serviceContext,
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
