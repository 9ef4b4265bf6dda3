import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createTestDatabase, testMasterKey, testServer, withDatabase } from '../../tests/testkit/server.js';
import { subgraphNames } from '../../subgraphs/list.js';
import { databaseUrls } from '../../subgraphs/shared/database-urls.js';
import { createEngine, withClient } from '../prisma-engine/engine.js';
import { applyMigrations, migrationNames } from './migrate.js';
import { prepareDatabase } from './prepare.js';

test('a role reads its own schema and no other', async () => {
  const { urls } = await createTestDatabase();
  await withClient(urls.orders, async (client) => {
    expect((await client.query('SELECT count(*)::int AS n FROM outbox')).rows).toEqual([{ n: 0 }]);
    await expect(client.query('SELECT * FROM users.outbox')).rejects.toThrow(
      'permission denied for schema users',
    );
    await expect(client.query('CREATE SCHEMA elsewhere')).rejects.toThrow('permission denied');
  });
});

test('the relay touches outboxes and inboxes and nothing else', async () => {
  const { urls } = await createTestDatabase();
  await withClient(urls.relay, async (client) => {
    await client.query('UPDATE orders.outbox SET relayed_at = NULL');
    await expect(client.query(`UPDATE orders.outbox SET payload = '{}'`)).rejects.toThrow(
      'permission denied',
    );
    await expect(client.query('SELECT payload FROM orders.inbox')).rejects.toThrow('permission denied');
    await expect(client.query('SELECT * FROM orders.subject_key')).rejects.toThrow('permission denied');
    await expect(client.query('DELETE FROM orders.outbox')).rejects.toThrow('permission denied');
  });
});

test('verify reads every table of every schema, also later ones, and writes nothing', async () => {
  const { adminUrl, urls } = await createTestDatabase();
  await withClient(urls.orders, (client) =>
    client.query('CREATE TABLE made_later AS SELECT 1 AS id; ALTER TABLE made_later ADD PRIMARY KEY (id)'),
  );
  const tables = await withClient(adminUrl, (client) =>
    client.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema = ANY($1) AND table_type = 'BASE TABLE'`,
      [subgraphNames],
    ),
  );
  const names = tables.rows.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['users.subject_key', 'orders.orders', 'orders.made_later']));
  await withClient(urls.verify, async (client) => {
    for (const name of names) await client.query(`SELECT count(*) FROM ${name}`);
    await expect(client.query('DELETE FROM orders.made_later')).rejects.toThrow('read-only transaction');
    await client.query('SET default_transaction_read_only = off');
    for (const name of names)
      for (const refused of [`DELETE FROM ${name}`, `INSERT INTO ${name} DEFAULT VALUES`, `TRUNCATE ${name}`])
        await expect(client.query(refused)).rejects.toThrow('permission denied');
    await expect(client.query('UPDATE orders.made_later SET id = 2')).rejects.toThrow('permission denied');
    for (const schema of [...subgraphNames, 'public'])
      await expect(client.query(`CREATE TABLE ${schema}.own (id int)`)).rejects.toThrow('permission denied');
    await expect(client.query('CREATE SCHEMA elsewhere')).rejects.toThrow('permission denied');
    await expect(client.query('CREATE ROLE friend')).rejects.toThrow('permission denied');
    expect((await client.query('SELECT id FROM orders.made_later')).rows).toEqual([{ id: 1 }]);
  });
});

test('a database that an earlier release prepared gets what is missing at the next preparation', async () => {
  const { adminUrl, rolePrefix } = testServer();
  const options = {
    adminUrl: withDatabase(adminUrl, `${rolePrefix}_earlier`),
    masterKey: testMasterKey,
    rolePrefix: `${rolePrefix}_earlier`,
  };
  const { verify } = await prepareDatabase(options);
  await withClient(options.adminUrl, (client) =>
    client.query(`DROP OWNED BY ${rolePrefix}_earlier_verify; DROP ROLE ${rolePrefix}_earlier_verify`),
  );
  const steps: string[] = [];
  await prepareDatabase({ ...options, onProgress: (step) => void steps.push(step) });
  expect(steps).toEqual([]);
  await withClient(verify, async (client) => {
    for (const name of subgraphNames)
      expect((await client.query(`SELECT count(*)::int AS n FROM ${name}.outbox`)).rows).toEqual([{ n: 0 }]);
  });
});

test('a second preparation applies nothing, and two at once do not disturb each other', async () => {
  const { adminUrl, rolePrefix } = testServer();
  const options = {
    adminUrl: withDatabase(adminUrl, `${rolePrefix}_fresh`),
    masterKey: testMasterKey,
    rolePrefix: `${rolePrefix}_fresh`,
  };
  const steps: string[] = [];
  const onProgress = (step: string): void => void steps.push(step);
  await prepareDatabase({ ...options, onProgress });
  expect(steps).toHaveLength(6);
  await Promise.all([
    prepareDatabase({ ...options, onProgress }),
    prepareDatabase({ ...options, onProgress }),
  ]);
  expect(steps).toHaveLength(6);
});

test('a migration that fails midway leaves nothing of itself behind', async () => {
  const { urls } = await createTestDatabase();
  const name = `t_${randomBytes(4).toString('hex')}`;
  const { engine, close } = await createEngine({ url: urls.orders });
  const sql = `CREATE TABLE ${name} (id int);
    CREATE FUNCTION ${name}_f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;
    SELECT 1 / 0;`;
  const migrationsList = {
    baseDir: 'nowhere',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
    shadowDbInitScript: '',
    migrationDirectories: [
      {
        path: '9999_fails',
        migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
      },
    ],
  };
  const apply = engine.applyMigrations({
    migrationsList,
    filters: { externalTables: [], externalEnums: [] },
  });
  await expect(apply).rejects.toThrow();
  await close();
  await withClient(urls.orders, async (client) => {
    expect((await client.query('SELECT to_regclass($1) AS t', [name])).rows).toEqual([{ t: null }]);
    expect((await client.query('SELECT 1 FROM pg_proc WHERE proname = $1', [`${name}_f`])).rowCount).toBe(0);
  });
});

test('what an earlier release made is brought up to date, with what is in it', async () => {
  const server = testServer();
  const name = `${server.rolePrefix}_${randomBytes(6).toString('hex')}`;
  const adminUrl = withDatabase(server.adminUrl, name);
  const options = { adminUrl, masterKey: testMasterKey, rolePrefix: server.rolePrefix };
  const urls = databaseUrls({ ...options, databaseUrl: adminUrl });
  await withClient(server.adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  await withClient(adminUrl, async (client) => {
    await client.query('CREATE EXTENSION pg_trgm SCHEMA public');
    for (const subgraph of subgraphNames)
      await client.query(`CREATE SCHEMA ${subgraph} AUTHORIZATION ${new URL(urls[subgraph]).username}`);
  });
  for (const subgraph of subgraphNames)
    expect(await applyMigrations(subgraph, urls[subgraph], ['0001_foundation'])).toEqual(['0001_foundation']);
  const key = `INSERT INTO idempotency_key (owner, operation, key, request_hash, created_at) VALUES ('o', 'p', 'k', '', now())`;
  await withClient(urls.orders, (client) => client.query(key));

  await prepareDatabase(options);
  for (const subgraph of subgraphNames)
    await withClient(urls[subgraph], async (client) => {
      const { rows } = await client.query<{ name: string }>(
        'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1',
      );
      expect(rows.map((row) => row.name)).toEqual(migrationNames(subgraph));
    });
  await withClient(urls.orders, async (client) => {
    expect((await client.query('SELECT owner FROM idempotency_key')).rows).toEqual([{ owner: 'o' }]);
  });
});
