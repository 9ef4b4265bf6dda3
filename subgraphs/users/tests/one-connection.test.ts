/** A pool of one connection: who reads on another one while holding it would wait for themselves. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, createTestParts, type TestParts } from '../../../tests/testkit/parts.js';
import { openDatabase, type Database } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { createVault } from '../../shared/vault.js';
import { register } from '../account/service.js';
import { createContext, type Context } from '../context.js';
import { createPasswordHasher } from '../credentials/hasher.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { createNextRefreshToken } from '../session/next-token.js';
import { signIn } from '../session/service.js';
import { createSigningKeys } from '../signing-key/service.js';
import { registrationOf } from './users.js';

let parts: TestParts;
let database: Database;
let contextOf: () => Context;
beforeAll(async () => {
  parts = await createTestParts();
  const url = parts.databaseUrl('users');
  database = openDatabase({ url, schema: 'users', max: 1, onError: () => undefined });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const { clock } = parts;
  const masterKey = randomBytes(32);
  const dependencies = {
    db,
    vault: createVault({ masterKey, clock, schema: 'users' }),
    hasher: createPasswordHasher(),
    signingKeys: createSigningKeys({ db, masterKey, clock }),
    nextRefreshToken: createNextRefreshToken(masterKey),
    mail: { send: async () => undefined, close: async () => undefined },
  };
  contextOf = () => createContext(parts, dependencies, anonymousCaller());
});
afterAll(async () => {
  await database.close();
  await parts.close();
});

test('who signs in needs one connection, also when the signing key is to be read again', async () => {
  const account = registrationOf();
  const { userId } = await register(contextOf(), account);
  // The key is kept for a minute.
  parts.testClock.advance(61_000);
  const { email, password } = account;
  expect(await signIn(contextOf(), { email, password })).toMatchObject({ userId, session: { userId } });
});
