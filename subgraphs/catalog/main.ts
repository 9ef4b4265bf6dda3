import { openDatabase } from '../shared/db.js';
import { connectClient } from '../shared/open-transaction.js';
import { serviceCaller } from '../shared/caller.js';
import { startConsumers, type Consumer } from '../shared/events/inbox.js';
import type { Parts } from '../shared/parts.js';
import { shortageOf, type Spare } from '../shared/readiness.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createContext, type Context } from './context.js';
import { policy } from './policy.js';
import { onPriceChanged } from './price/events.js';
import { PrismaClient } from './prisma.generated/client.js';
import { resolvers } from './resolvers.js';
import { onUserDeleted } from './review/events.js';
import { toOpenSearch, toPostgres } from './search/events.js';
import { createOpenSearchEngine, type OpenSearchEngine } from './search/opensearch.js';
import { refreshOpenSearch } from './search/service.js';
import { newTail, type NewTail } from './sku/service.js';

/**
 * Consumers of the catalogue; that of OpenSearch subscribes to nothing where the shop has none. It subscribes at once, so
 * that no change is missed, and waits with its work for `indexIsThere`.
 */
export const consumersOf = (
  withOpenSearch: boolean,
  indexIsThere: Promise<void> = Promise.resolve(),
): Consumer<Context>[] => [
  { name: 'live', mode: 'transaction', handlers: { PriceChanged: onPriceChanged } },
  {
    name: 'search',
    mode: 'transaction',
    handlers: { ProductChanged: toPostgres, PriceChanged: toPostgres },
  },
  {
    name: 'opensearch',
    mode: 'lease',
    handlers: withOpenSearch
      ? {
          ProductChanged: (ctx, batch) => indexIsThere.then(() => toOpenSearch(ctx, batch)),
          PriceChanged: (ctx, batch) => indexIsThere.then(() => toOpenSearch(ctx, batch)),
        }
      : {},
  },
  { name: 'customers', mode: 'transaction', handlers: { UserDeleted: onUserDeleted } },
];

const searchEngine = (openSearch: OpenSearchEngine): Spare => ({
  check: async () => {
    if (!(await openSearch.fingerprint())) throw new Error('OpenSearch has no product index');
  },
  otherwise: 'OpenSearch does not answer or has no index: PostgreSQL searches instead',
});

/** The catalogue on its database; `tail` makes the random ends of SKUs and handles. */
export async function createCatalog(parts: Parts, tail: NewTail = newTail): Promise<Subgraph> {
  const { log, config } = parts;
  const database = openDatabase({
    url: parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: (error) => log.warn({ err: error }, 'catalog lost a database connection'),
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const openSearch = config.opensearchUrl
    ? createOpenSearchEngine({ url: config.opensearchUrl, prefix: config.prefix })
    : null;
  const contextParts = { ...parts, db, newTail: tail, openSearch };
  const serviceContext = (correlationId: string): Context =>
    createContext(contextParts, serviceCaller('catalog', correlationId));
  let consumers: { stop(): Promise<void> } | undefined;
  let refreshed = (): void => {};
  const indexIsThere = new Promise<void>((resolve) => (refreshed = resolve));
  return createSubgraph<Context>({
    name: 'catalog',
    schema: buildSchema({ name: 'catalog', resolvers, policy }),
    log,
    createContext: (caller) => createContext(contextParts, caller),
    start: async () => {
      consumers = await startConsumers({
        schema: 'catalog',
        consumers: consumersOf(openSearch !== null, indexIsThere),
        createContext: serviceContext,
      });
      // Not waited for: until it is done, or while OpenSearch is down, Postgres answers.
      void refreshOpenSearch(serviceContext('start'))
        .catch((error: unknown) => log.warn({ err: error }, 'OpenSearch could not be brought up to date'))
        .finally(refreshed);
    },
    ready: async () => {
      await db.$queryRaw`SELECT 1`;
      return openSearch ? shortageOf([searchEngine(openSearch)]) : undefined;
    },
    stop: async () => {
      if (consumers) await indexIsThere;
      await consumers?.stop();
      await openSearch?.close();
      await db.$disconnect();
      await database.close();
    },
  });
}
