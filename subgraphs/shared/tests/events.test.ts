import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestParts, type TestParts } from '../../../tests/testkit/parts.js';
import { PrismaClient as OrdersClient } from '../../orders/prisma.generated/client.js';
import { PrismaClient as UsersClient } from '../../users/prisma.generated/client.js';
import { openDatabase, type Database } from '../db.js';
import { event, emit } from '../events/outbox.js';
import { consumeOnce, startConsumers, type Consumer, type ConsumerContext } from '../events/inbox.js';
import { startRelay } from '../events/relay.js';
import { subgraphNames } from '../../list.js';
import { transact } from '../transaction.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let parts: TestParts;
let orders: OrdersClient;
let users: UsersClient;
const databases: Database[] = [];
let relay: { stop(): Promise<void> };

beforeAll(async () => {
  parts = await createTestParts();
  const open = (name: 'orders' | 'users'): Database => {
    const database = openDatabase({
      url: parts.databaseUrl(name),
      schema: name,
      onError: () => {},
    });
    databases.push(database);
    return database;
  };
  orders = new OrdersClient({ adapter: open('orders').adapter });
  users = new UsersClient({ adapter: open('users').adapter });
  relay = startRelay({
    url: parts.database.urls.relay,
    schemas: subgraphNames,
    wake: parts.wake,
    clock: parts.clock,
    log: parts.log,
  });
});

afterAll(async () => {
  await relay.stop();
  await orders.$disconnect();
  await users.$disconnect();
  for (const database of databases) await database.close();
  await parts.close();
});

const contextOf = (db: OrdersClient | UsersClient): ConsumerContext & TestParts => ({
  ...parts,
  db,
  correlationId: 'test',
});

test('an event reaches its consumer in another schema, once, and only if its transaction commits', async () => {
  const userId = parts.newId();
  const seen: string[] = [];
  const consumer: Consumer<ConsumerContext> = {
    name: 'greeter',
    mode: 'transaction',
    handlers: {
      UserRegistered: async (_context, batch) =>
        void seen.push(...batch.map((one) => `${one.payload.userId} ${one.aggregateSeq}`)),
    },
  };
  const running = await startConsumers({
    schema: 'orders',
    consumers: [consumer],
    createContext: () => contextOf(orders),
  });
  await transact(contextOf(users), (context) =>
    emit(
      context,
      event('UserRegistered', userId, { userId, locale: 'en' }),
      event('UserRegistered', userId, { userId, locale: 'de' }),
    ),
  );
  await expect(
    transact(contextOf(users), async (context) => {
      await emit(context, event('UserRegistered', userId, { userId, locale: 'fr' }));
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await eventually(() => seen.length >= 2);
  await running.stop();
  expect(seen).toEqual([`${userId} 1`, `${userId} 2`]);
  expect(
    await consumeOnce(
      { schema: 'orders', consumers: [consumer], createContext: () => contextOf(orders) },
      consumer,
    ),
  ).toBe(0);
});
