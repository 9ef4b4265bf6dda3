/** Users: accounts, sessions and what belongs to a user; mails and notifications to customers. */
import type { Caller } from '../shared/caller.js';
import { openDatabase } from '../shared/db.js';
import type { Parts } from '../shared/parts.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createVault } from '../shared/vault.js';
import { createContext, type Context } from './context.js';
import { createPasswordHasher } from './credentials/hasher.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import { resolvers } from './resolvers.js';
import { createSigningKeys } from './signing-key/service.js';

/** Opens the database and makes the subgraph; `start` begins to consume. */
export async function createUsers(parts: Parts): Promise<Subgraph> {
  const { log, clock } = parts;
  const { masterKey } = parts.config;
  const database = openDatabase({
    url: parts.databaseUrl('users'),
    schema: 'users',
    onError: (error) => log.warn({ err: error }, 'users lost a database connection'),
  });
  const db = new PrismaClient({ adapter: database.adapter });
  const dependencies = {
    db,
    vault: createVault({ masterKey, clock, schema: 'users' }),
    hasher: createPasswordHasher(),
    signingKeys: createSigningKeys({ db, masterKey, clock }),
  };
  const contextFor = (caller: Caller): Context => createContext(parts, dependencies, caller);

  return createSubgraph({
    name: 'users',
    schema: buildSchema({ name: 'users', resolvers, policy }),
    log,
    createContext: contextFor,
    start: async () => {
      await dependencies.signingKeys.current();
    },
    ready: async () => void (await database.pool.query('SELECT 1')),
    stop: async () => {
      await db.$disconnect();
      await database.close();
    },
  });
}
