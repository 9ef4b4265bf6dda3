/** A database with the foundation tables, for tests of the shared code: that of orders. */
import { createTestParts, type TestParts } from '../../../tests/testkit/parts.js';
import { PrismaClient } from '../../orders/prisma.generated/client.js';
import { openDatabase } from '../db.js';
import { connectClient } from '../open-transaction.js';
import type { ConsumerContext } from '../events/inbox.js';
import type { Message } from '../events/catalogue.js';

export interface Foundation {
  parts: TestParts;
  db: PrismaClient;
  context: ConsumerContext & TestParts & { db: PrismaClient };
  close(): Promise<void>;
}

export async function createFoundation(): Promise<Foundation> {
  const parts = await createTestParts();
  const database = openDatabase({
    url: parts.databaseUrl('orders'),
    schema: 'orders',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  return {
    parts,
    db,
    context: { ...parts, db, correlationId: 'test' },
    close: async () => {
      await db.$disconnect();
      await database.close();
      await parts.close();
    },
  };
}

/** Puts messages into the inbox as the relay would. */
export async function deliver(
  { db, parts }: Foundation,
  consumer: string,
  ...messages: Partial<Message>[]
): Promise<string[]> {
  const ids: string[] = [];
  for (const message of messages) {
    const eventId = message.id ?? parts.newId();
    ids.push(eventId);
    await db.inboxMessage.create({
      data: {
        consumer,
        eventId,
        type: message.type ?? 'UserDeleted',
        version: 1,
        aggregateType: 'User',
        aggregateId: parts.newId(),
        aggregateSeq: 1,
        correlationId: 'test',
        occurredAt: parts.clock(),
        payload: (message.payload ?? { userId: parts.newId() }) as object,
        runAt: parts.clock(),
      },
    });
  }
  return ids;
}
