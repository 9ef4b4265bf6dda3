/** Users: accounts, sessions and what belongs to a user; mails and notifications to customers. */
import { join } from 'node:path';
import { serviceCaller, type Caller } from '../shared/caller.js';
import { openDatabase } from '../shared/db.js';
import { connectClient } from '../shared/open-transaction.js';
import { startConsumers } from '../shared/events/inbox.js';
import type { Parts } from '../shared/parts.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createVault } from '../shared/vault.js';
import { createContext, type Context } from './context.js';
import { createPasswordHasher } from './credentials/hasher.js';
import { mailConsumer } from './mail/events.js';
import { createLocalOutbox } from './mail/local-outbox.js';
import { createSmtpTransport } from './mail/smtp.js';
import { notificationConsumer, paymentNotificationConsumer } from './notification/events.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import { resolvers } from './resolvers.js';
import { createNextRefreshToken } from './session/next-token.js';
import { createSigningKeys } from './signing-key/service.js';

/** Opens the database and makes the subgraph; `start` begins to consume. */
export async function createUsers(parts: Parts): Promise<Subgraph> {
  const { log, clock } = parts;
  const { masterKey, mail, dataFolder } = parts.config;
  const database = openDatabase({
    url: parts.databaseUrl('users'),
    schema: 'users',
    onError: (error) => log.warn({ err: error }, 'users lost a database connection'),
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const dependencies = {
    db,
    vault: createVault({ masterKey, clock, schema: 'users' }),
    hasher: createPasswordHasher(),
    signingKeys: createSigningKeys({ db, masterKey, clock }),
    nextRefreshToken: createNextRefreshToken(masterKey),
    mail: mail.smtpUrl ? createSmtpTransport(mail.smtpUrl) : createLocalOutbox(join(dataFolder, 'mail')),
  };
  const contextFor = (caller: Caller): Context => createContext(parts, dependencies, caller);

  let consumers: { stop(): Promise<void> } | undefined;

  return createSubgraph({
    name: 'users',
    schema: buildSchema({ name: 'users', resolvers, policy }),
    log,
    createContext: contextFor,
    start: async () => {
      await dependencies.signingKeys.current();
      consumers = await startConsumers({
        schema: 'users',
        consumers: [mailConsumer, notificationConsumer, paymentNotificationConsumer],
        createContext: (correlationId) => contextFor(serviceCaller('users', correlationId)),
      });
    },
    ready: async () => void (await database.pool.query('SELECT 1')),
    stop: async () => {
      await consumers?.stop();
      await dependencies.mail.close();
      await db.$disconnect();
      await database.close();
    },
  });
}
