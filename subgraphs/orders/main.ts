/** The orders subgraph: carts, orders, and all that is done with them. */
import type { Caller } from '../shared/caller.js';
import { serviceCaller } from '../shared/caller.js';
import { openDatabase } from '../shared/db.js';
import { connectClient } from '../shared/open-transaction.js';
import { startConsumers } from '../shared/events/inbox.js';
import type { Parts } from '../shared/parts.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createVault } from '../shared/vault.js';
import { createHttpCarrier } from './carrier/http.js';
import { openCarrierDoor } from './carrier/webhook.js';
import { createContext, type Context } from './context.js';
import { customers } from './customer/events.js';
import { live } from './order/events.js';
import { payments } from './payment/events.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import { resolvers } from './resolvers.js';
import { ownPromotions } from './promotion/port.js';
import { keptTerms } from './pricing/store.js';
import { taxesOf } from './tax/choice.js';
import { trackingTold } from './shipment/label.js';
import { scheduleCartExpiry, timers } from './timers.js';

export const consumers = [payments, customers, live, timers];

/** Opens the database and makes the subgraph; it listens for the carrier's webhooks, if there are any, when this resolves. */
export async function createOrders(parts: Parts): Promise<Subgraph> {
  const { clock, log } = parts;
  const database = openDatabase({
    url: parts.databaseUrl('orders'),
    schema: 'orders',
    onError: (error) => log.warn({ err: error }, 'orders lost a database connection'),
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const vault = createVault({ masterKey: parts.config.masterKey, clock, schema: 'orders' });
  const { config } = parts;
  const { carrier: carrierOptions } = config;
  const carrier = carrierOptions ? createHttpCarrier(carrierOptions) : null;
  const means = {
    db,
    vault,
    terms: keptTerms(),
    taxes: taxesOf(parts.config),
    promotions: ownPromotions,
    carrier,
  };
  const contextOf = (caller: Caller): Context => createContext(parts, means, caller);
  const forConsumers = (correlationId: string): Context => contextOf(serviceCaller('orders', correlationId));
  const webhook = carrierOptions?.webhook;
  const door =
    webhook &&
    (await openCarrierDoor({
      ...{ host: config.host, port: webhook.port, secrets: webhook.secrets, clock, log },
      receive: ({ id, reference }) => trackingTold(forConsumers(id), reference),
    }));
  let running: { stop(): Promise<void> } | undefined;
  const subgraph = createSubgraph<Context>({
    name: 'orders',
    schema: buildSchema({ name: 'orders', resolvers, policy }),
    log,
    createContext: contextOf,
    start: async () => {
      await scheduleCartExpiry(forConsumers('start'));
      running = await startConsumers({ schema: 'orders', consumers, createContext: forConsumers });
    },
    ready: async () => void (await db.$queryRaw`SELECT 1`),
    stop: async () => {
      await door?.stop();
      await running?.stop();
      await db.$disconnect();
      await database.close();
    },
  });
  return door ? { ...subgraph, webhookUrl: door.url } : subgraph;
}
