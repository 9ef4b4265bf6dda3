import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createTestDatabase, testMasterKey, testServer, withDatabase } from '../../tests/testkit/server.js';
import { createEngine, withClient } from '../prisma-engine/engine.js';
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
