/** The run's PostgreSQL server: a database per test file, cloned from the migrated template. */
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseUrls, type DatabaseUrls } from '../../subgraphs/shared/database-urls.js';
import { withClient } from '../../tools/prisma-engine/engine.js';

export interface TestServer {
  adminUrl: string;
  template: string;
  rolePrefix: string;
}

export const testMasterKey = createHash('sha256').update('hanse tests').digest();

export function testServer(): TestServer {
  const text = process.env['HANSE_TEST_SERVER'];
  if (!text) throw new Error('No test server: run the tests with npm test, whose global setup starts one.');
  return JSON.parse(text) as TestServer;
}

export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

export interface TestDatabase {
  adminUrl: string;
  urls: DatabaseUrls;
}

/** A fresh, empty, migrated database; dropped when the run ends. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = testServer();
  const name = `${server.rolePrefix}_${randomBytes(6).toString('hex')}`;
  await withClient(server.adminUrl, async (client) => {
    // Two clones of one template at once fail: the lock makes them wait.
    await client.query(`SELECT pg_advisory_lock(hashtext('hanse/clone'))`);
    await client.query(
      `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(server.template)}`,
    );
  });
  const adminUrl = withDatabase(server.adminUrl, name);
  return {
    adminUrl,
    urls: databaseUrls({ databaseUrl: adminUrl, masterKey: testMasterKey, rolePrefix: server.rolePrefix }),
  };
}

/** Drops what this run made on the server, which may be somebody's own. */
export async function dropRun(): Promise<void> {
  const { adminUrl, rolePrefix } = testServer();
  await withClient(adminUrl, async (client) => {
    const like = `${rolePrefix.replaceAll('_', '\\_')}%`;
    const databases = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE datname LIKE $1',
      [like],
    );
    for (const { datname } of databases.rows)
      await client.query(`DROP DATABASE ${pg.escapeIdentifier(datname)} WITH (FORCE)`);
    const roles = await client.query<{ rolname: string }>(
      'SELECT rolname FROM pg_roles WHERE rolname LIKE $1',
      [like],
    );
    for (const { rolname } of roles.rows) await client.query(`DROP ROLE ${pg.escapeIdentifier(rolname)}`);
  });
}
