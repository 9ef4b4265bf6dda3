/** What `npm run verify` says when there is nothing it can ask: exit code 2, one sentence and a way out, no stack. */
import { beforeAll, expect, test } from '@jest/globals';
import { withClient } from '../../tools/prisma-engine/engine.js';
import { createTestDatabase, testServer, withDatabase, type TestDatabase } from '../testkit/server.js';
import { verify, type Outcome } from './command.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

async function refused(parameters: string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr }: Outcome = await verify(parameters, env);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).not.toMatch(/^ +at /m);
  return stderr;
}

test('--help says all of it', async () => {
  const { code, stdout, stderr } = await verify(['--help']);
  expect([code, stderr]).toEqual([0, '']);
  for (const word of ['--only', '--grace', '--provider', '--json', 'VERIFY_DATABASE_URL', 'Exit code'])
    expect(stdout).toContain(word);
});

test.each([
  [['--onyl', 'money'], "Unknown option '--onyl'."],
  [['money'], 'money is no option. One group alone: npm run verify -- --only money'],
  [['--only', 'money.piad'], 'There is no question money.piad. There are: stock.on-hand, '],
  [['--only', 'provider.once'], 'provider.once is asked with --provider'],
  [['--only'], '--only'],
  [['--grace', 'long'], '--grace takes seconds, 0 or more: long is none.'],
  [['--grace', '-1'], '--grace'],
  [['--provider'], '--provider needs STRIPE_SECRET_KEY'],
])('%j is answered with a way out', async (parameters, message) => {
  const said = await refused(parameters, { VERIFY_DATABASE_URL: database.urls.verify });
  expect(said).toContain(message);
  expect(said).toContain('npm run verify -- --help');
});

test('a database that is not there, or lets nobody in, is named with the variable that says where', async () => {
  const down = await refused([], { VERIFY_DATABASE_URL: 'postgresql://a:b@127.0.0.1:9/none' });
  expect(down).toContain('The database cannot be reached (connect ECONNREFUSED 127.0.0.1:9)');
  expect(down).toContain('VERIFY_DATABASE_URL');
  const wrong = new URL(database.urls.verify);
  wrong.password = 'wrong';
  const closed = await refused([], { VERIFY_DATABASE_URL: wrong.toString() });
  expect(closed).toContain(
    `The database refused: password authentication failed for user "${wrong.username}"`,
  );
  expect(closed).not.toContain('wrong@');
  expect(await refused([], { VERIFY_DATABASE_URL: withDatabase(database.urls.verify, 'no_shop') })).toContain(
    'database "no_shop" does not exist',
  );
  expect(await refused([], { VERIFY_DATABASE_URL: 'localhost/hanse' })).toContain(
    'VERIFY_DATABASE_URL is not a URL with postgresql.',
  );
});

test('a database that no shop was ever made in is told from one that is empty', async () => {
  const { adminUrl, rolePrefix } = testServer();
  const name = `${rolePrefix}_bare`;
  await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  expect(await refused([], { DATABASE_URL: withDatabase(adminUrl, name) })).toMatch(
    /^The database is not of this release \(.+\)\. Start the shop once, or: npm run db -- prepare/,
  );
  const { code, stdout } = await verify(['--only', 'money'], { DATABASE_URL: database.adminUrl });
  expect(code).toBe(0);
  expect(stdout).toContain('There was nothing to look at: the database is empty.');
});

test('a provider that cannot be reached, or knows another key, is named with its variables', async () => {
  const env = {
    VERIFY_DATABASE_URL: database.urls.verify,
    STRIPE_SECRET_KEY: 'sk_test_hanse',
    STRIPE_API_BASE: 'http://127.0.0.1:9',
  };
  const away = await refused(['--provider', '--only', 'money'], env);
  expect(away).toContain('The payment provider cannot be asked');
  expect(away).toContain('STRIPE_API_BASE');
  expect(await refused(['--provider'], { ...env, STRIPE_API_BASE: 'here' })).toContain(
    'STRIPE_API_BASE is no URL: here.',
  );
});

test("variables that are the shop's and not the check's own do not hinder it", async () => {
  const env = { VERIFY_DATABASE_URL: database.urls.verify, PORT: 'http', STRIPE_SECRET_KEY: 'sk_test_1' };
  expect(await verify(['--only', 'money'], env)).toMatchObject({ code: 0, stderr: '' });
});
