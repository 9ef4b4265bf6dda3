/** Inventory: warehouses, stock and its ledger, and what is reserved for orders. */
import { serviceCaller } from '../shared/caller.js';
import { openDatabase } from '../shared/db.js';
import { connectClient } from '../shared/open-transaction.js';
import { startConsumers, type Consumer } from '../shared/events/inbox.js';
import type { Parts } from '../shared/parts.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createContext, type Context, type Outside } from './context.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import * as reservationEvents from './reservation/events.js';
import { createLane } from './reservation/lane.js';
import { decideReservations, timersConsumer } from './reservation/service.js';
import { resolvers } from './resolvers.js';
import * as stockLive from './stock/live.js';

const name = 'inventory';

/**
 * A transaction locks levels in a common order, so that it never waits in a circle; a second handler in it would begin
 * that order anew. So a consumer has one type of event, whose handler takes the batch at once, or batches of one.
 */
export const consumers: readonly Consumer<Context>[] = [
  { name: 'orders', mode: 'transaction', restMs: 250, handlers: { OrderPaid: reservationEvents.OrderPaid } },
  {
    name: 'confirmations',
    mode: 'transaction',
    handlers: { OrderConfirmed: reservationEvents.OrderConfirmed },
  },
  {
    name: 'cancellations',
    mode: 'transaction',
    handlers: {
      OrderCancelled: reservationEvents.OrderCancelled,
      OrderLinesCancelled: reservationEvents.OrderLinesCancelled,
    },
    batchSize: 1,
  },
  {
    name: 'shipped',
    mode: 'transaction',
    handlers: { OrderShippedUnreserved: reservationEvents.OrderShippedUnreserved },
    batchSize: 1,
  },
  {
    name: 'edits',
    mode: 'transaction',
    handlers: {
      OrderChanged: reservationEvents.OrderChanged,
      OrderEditAbandoned: reservationEvents.OrderEditAbandoned,
    },
    batchSize: 1,
  },
  {
    name: 'returns',
    mode: 'transaction',
    handlers: { ReturnReceived: reservationEvents.ReturnReceived },
    batchSize: 1,
  },
  {
    // By lease, since it asks orders: a transaction would be held open over the call.
    name: timersConsumer,
    mode: 'lease',
    handlers: {},
    batchSize: 50,
    timers: { ReservationExpiry: reservationEvents.ReservationExpiry },
  },
  { name: 'live', mode: 'transaction', handlers: { InventoryUpdated: stockLive.signalAvailability } },
];

/** Opens the database and makes the subgraph; `start` begins to consume. */
export async function createInventory(parts: Parts): Promise<Subgraph> {
  const { log, clock } = parts;
  const database = openDatabase({
    url: parts.databaseUrl(name),
    schema: name,
    onError: (error) => log.warn({ err: error }, 'inventory lost a database connection'),
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const lane: Outside['lane'] = createLane({
    decideBatch: (requests) => decideReservations(asService(requests[0]?.correlationId ?? ''), requests),
    keyOf: (request) => request.orderId,
    workOf: (request) => request.lines.length,
    clock,
  });
  const outside: Outside = { db, lane };
  const asService = (correlationId: string): Context =>
    createContext(parts, outside, serviceCaller(name, correlationId));
  let running: { stop(): Promise<void> } | undefined;
  return createSubgraph<Context>({
    name,
    schema: buildSchema({ name, resolvers, policy }),
    log,
    createContext: (caller) => createContext(parts, outside, caller),
    start: async () => {
      running = await startConsumers({ schema: name, consumers, createContext: asService });
    },
    ready: async () => void (await database.pool.query('SELECT 1')),
    stop: async () => {
      await running?.stop();
      await db.$disconnect();
      await database.close();
    },
  });
}
