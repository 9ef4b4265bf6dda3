/** PostgreSQL is killed twice under the whole program while guests buy. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPostgres, type PostgresServer } from '../../local/postgres/server.js';
import { createUsers } from '../../subgraphs/users/main.js';
import { prepareDatabase } from '../../tools/database/prepare.js';
import { withClient } from '../../tools/prisma-engine/engine.js';
import { startProgram, type Program } from '../start/program.js';
import { createClient } from '../testkit/client.js';
import { createGoods, createTerms, mutate } from '../testkit/goods.js';
import { askAtRest } from '../testkit/ledger.js';
import { createTestParts } from '../testkit/parts.js';
import { testMasterKey, withDatabase } from '../testkit/server.js';
import { buy, type Market } from './guests.js';

const guests = 20;
const staff = { email: 'admin@staff.example', username: 'admin', password: 'correct horse battery staple' };

let folder: string;
let postgres: PostgresServer;
let program: Program;
let url: string;
const crashes: Promise<void>[] = [];

const start = (port?: number): Promise<PostgresServer> =>
  startPostgres({
    dataFolder: join(folder, 'postgres'),
    // Recovery begins with a sync of the whole data folder: in one call instead of one per file.
    settings: { recovery_init_sync_method: 'syncfs' },
    ...(port ? { port } : {}),
  });
const adminUrl = (): string => withDatabase(postgres.adminUrl, 'hanse');

/** The first member of staff, made by users itself: a shop without demonstration data has none. */
async function createStaff(): Promise<void> {
  const urls = await prepareDatabase({ adminUrl: adminUrl(), masterKey: testMasterKey });
  const parts = await createTestParts({}, { HANSE_DATA: folder });
  const users = await createUsers({ ...parts, databaseUrl: (name) => urls[name] });
  const { errors } = await users.execute({
    query: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { userErrors { message } } }',
    variables: { input: { ...staff, firstName: 'Staff', lastName: 'Member', roles: ['ADMIN'] } },
    caller: { claims: { kind: 'service', sub: 'test' }, headers: {}, correlationId: 'test' },
  });
  await users.stop();
  await parts.close();
  if (errors?.[0]) throw errors[0];
}

/** At once, as a loss of power is for the database: nothing is written any more. */
async function crash(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
  const { pid, port } = postgres;

  process.kill(pid, signal);
  await postgres.exited;
  await postgres.stop();
  postgres = await start(port);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hanse-crash-'));
  chmodSync(folder, 0o755); // PostgreSQL's user must get through it when root runs this
  postgres = await start();
  await createStaff();
  program = startProgram({
    HANSE_DATA: join(folder, 'data'),
    HANSE_MASTER_KEY: testMasterKey.toString('base64'),
    DATABASE_URL: adminUrl(),
    DEMO: 'off',
  });
  url = await program.url();
});

afterAll(async () => {
  await Promise.allSettled(crashes);
  program.child.kill('SIGKILL');
  await program.ended;
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('twenty guests who buy while the database crashes twice lose nothing, and pay once', async () => {
  const { signIn } = await createClient(url).data<{ signIn: { session: { accessToken: string } } }>(
    'mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }',
    { input: { email: staff.email, password: staff.password } },
  );
  const admin = createClient(url).as(signIn.session.accessToken);
  await createTerms(admin);
  const { variantIds } = await createGoods(admin, { prices: ['10.00'], stock: 100 });
  const [variantId = ''] = variantIds;

  // In the middle of the work, wherever that is: after so many of forty steps.
  const moments = [4 + Math.floor(Math.random() * 8), 20 + Math.floor(Math.random() * 10)];

  let steps = 0;
  const market: Market = {
    url,
    variantId,
    retries: {},
    onStep: () => {
      steps += 1;
      if (steps === moments[0]) crashes.push(crash('SIGQUIT'));
      if (steps === moments[1]) crashes.push((crashes[0] ?? Promise.resolve()).then(() => crash('SIGKILL')));
    },
  };
  const bought = await Promise.all(Array.from({ length: guests }, () => buy(market)));
  await Promise.all(crashes);
  expect(crashes).toHaveLength(2);
  expect(Object.values(market.retries).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
  expect(bought.map((one) => one.status)).toEqual(Array(guests).fill('PAID'));
  expect(program.child.exitCode).toBeNull();

  await withClient(adminUrl(), async (client) => {
    expect(await askAtRest(client)).toEqual([]);
    const { rows } = await client.query(
      `SELECT id AS "orderId", number, status, order_state FROM orders.orders ORDER BY id`,
    );
    const told = bought.map(({ orderId, number }) => ({
      orderId,
      number,
      status: 'PAID',
      order_state: 'CONFIRMED',
    }));
    expect(rows).toEqual(told.sort((a, b) => (a.orderId < b.orderId ? -1 : 1)));
    const dead = await client.query('SELECT consumer, type, last_error FROM orders.dead_letter');
    expect(dead.rows).toEqual([]);
  });

  // The program goes on as before, without a restart.
  const after = await buy({ url, variantId, retries: {} });
  expect(after.status).toBe('PAID');
  await mutate(admin, 'createBrand', { idempotencyKey: randomUUID(), name: 'After the crash' }, '');
}, 300_000);
