/** A users subgraph on a database of its own, and shortcuts that the stories share. */
import { createTestParts, type TestParts } from '../../../tests/testkit/parts.js';
import type { Door } from '../../shared/call.js';
import type { Caller } from '../../shared/caller.js';
import { serviceCaller } from '../../shared/caller.js';
import { openDatabase } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { inboxBell } from '../../shared/events/wake.js';
import { newId } from '../../shared/ids.js';
import type { Subgraph } from '../../shared/subgraph.js';
import { createUsers } from '../main.js';
import { PrismaClient, type Prisma } from '../prisma.generated/client.js';
import { eventually, patienceMs } from '../../../tests/testkit/eventually.js';

export interface UsersUnderTest {
  parts: TestParts;
  users: Subgraph;
  /** To look behind the API. */
  db: PrismaClient;
  /** The data of an operation; throws what errors it has. */
  ask<T = Record<string, never>>(
    caller: Caller,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<T>;
  /** The code of the error that an operation answers with. */
  errorCode(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<unknown>;
  /** A registered user with the roles, who can sign in with `password`. */
  newUser(...roles: string[]): Promise<NewUser>;
  /** Puts a message into a consumer's inbox as the relay would (again, where it is there), and waits for its handler. */
  deliver(consumer: string, message: Delivery): Promise<{ failed: string | null }>;
  /** Runs `work` while nobody can write to the table, until `count` of its statements wait in line: so they truly meet. */
  meetAt<T>(table: string, count: number, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Delivery {
  /** The event's id. */
  id: string;
  type: string;
  payload: Record<string, unknown>;
}

export interface NewUser {
  id: string;
  email: string;
  username: string;
  caller: Caller;
}

export const password = 'correct horse battery';
export const service = serviceCaller('test', 'test');

let count = 0;
/** A name that no other user of this test run has. */
export const uniqueName = (): string => `user${process.pid}x${(count += 1)}`;

/** What somebody registers with, under a key of their own. */
export const registrationOf = (changes: object = {}) => {
  const username = uniqueName();
  const email = `${username}@example.com`;
  const names = { username, firstName: 'Ann', lastName: 'Lee' };
  return { idempotencyKey: newId(), email, password, ...names, locale: 'de-DE', ...changes };
};

export async function startUsers(
  doors: { orders?: Door } = {},
  env: Record<string, string> = {},
): Promise<UsersUnderTest> {
  const parts = await createTestParts(doors, env);
  const users = await createUsers(parts);
  const database = openDatabase({ url: parts.databaseUrl('users'), schema: 'users', onError: () => {} });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);

  const ask: UsersUnderTest['ask'] = async <T>(
    caller: Caller,
    query: string,
    variables: Record<string, unknown> = {},
  ) => {
    const { data, errors } = await users.execute({ query, variables, caller });
    if (errors) throw new Error(JSON.stringify(errors));
    return JSON.parse(JSON.stringify(data)) as T;
  };

  return {
    parts,
    users,
    db,
    ask,
    errorCode: async (caller, query, variables = {}) => {
      const { errors } = await users.execute({ query, variables, caller });
      return errors?.[0]?.extensions['code'];
    },
    newUser: async (...roles) => {
      const username = uniqueName();
      const email = `${username}@Example.com`;
      const input = { email, username, password, firstName: 'Ann', lastName: 'Lee', roles };
      const { createUser } = await ask<{ createUser: { user: { id: string; roles: string[] } } }>(
        service,
        `mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id roles } } }`,
        { input },
      );
      const { id, roles: held } = createUser.user;
      const claims = {
        kind: 'user',
        sub: id,
        sid: parts.newId(),
        roles: held.map((role) => role.toLowerCase()),
      };
      return { id, email, username, caller: { claims, headers: {}, correlationId: username } };
    },
    deliver: async (consumer, { id: eventId, type, payload }) => {
      const now = parts.clock();
      const key = { consumer_eventId: { consumer, eventId } };
      const due = { runAt: now, doneAt: null, attempts: 0, leaseUntil: null, lastError: null };
      const facts = { version: 1, aggregateType: 'Test', aggregateId: eventId, aggregateSeq: 1 };
      await db.inboxMessage.upsert({
        where: key,
        create: {
          ...{ consumer, eventId, type, ...facts, ...due },
          payload: payload as Prisma.InputJsonObject,
          correlationId: 'test',
          occurredAt: now,
        },
        update: due,
      });
      parts.wake.ring(inboxBell('users', consumer));
      const row = await eventually(
        () => db.inboxMessage.findUniqueOrThrow({ where: key }),
        ({ doneAt, lastError }) => doneAt !== null || lastError !== null,
      );
      return { failed: row.lastError };
    },
    meetAt: async (table, waiters, work) => {
      const done = await db.$transaction(
        async (locked) => {
          await locked.$executeRawUnsafe(`LOCK TABLE ${table} IN SHARE MODE`);
          const working = work();
          await eventually(async () => {
            // On another connection: a transaction sees the activity as it was when it first looked.
            const [waiting] = await db.$queryRaw<{ count: number }[]>`
              SELECT count(*)::int FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock'`;
            return (waiting?.count ?? 0) >= waiters;
          });
          // In an object, or the transaction would wait for the work, and the work for the transaction.
          return { working };
        },
        { maxWait: patienceMs, timeout: 2 * patienceMs },
      );
      return done.working;
    },
    close: async () => {
      await users.stop();
      await db.$disconnect();
      await database.close();
      await parts.close();
    },
  };
}
