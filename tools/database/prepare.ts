/**
 * Makes a database ready for Hanse: a schema and a role per subgraph, the roles of relay and verify, pending migrations.
 * Safe to run at every start: with nothing to do it costs a few statements.
 */
import pg from 'pg';
import { subgraphNames, type SubgraphName } from '../../subgraphs/list.js';
import { databaseUrls, type DatabaseUrls } from '../../subgraphs/shared/database-urls.js';
import { maintenanceUrl, withClient } from '../prisma-engine/engine.js';
import { applyMigrations, migrationNames } from './migrate.js';

export interface PrepareOptions {
  /** URL of the database as a role that may create roles and schemas in it. The database is made when it is missing. */
  adminUrl: string;
  /** From it the roles' passwords are derived. */
  masterKey: Buffer;
  /** Roles are server-wide: `<prefix>_orders`. The database's name when absent. */
  rolePrefix?: string;
  onProgress?: (message: string) => void;
}

const identifier = pg.escapeIdentifier;

async function ensureDatabase(adminUrl: string): Promise<void> {
  const { database, url } = maintenanceUrl(adminUrl);
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${identifier(database)}`);
  });
}

const isSubgraph = (name: string): boolean => subgraphNames.some((one) => one === name);

async function ensureRoles(client: pg.Client, urls: DatabaseUrls): Promise<void> {
  const wanted = Object.entries(urls).map(([name, url]) => ({
    name,
    role: new URL(url).username,
    password: new URL(url).password,
  }));
  const { rows } = await client.query<{ rolname: string }>(
    'SELECT rolname FROM pg_roles WHERE rolname = ANY($1)',
    [wanted.map(({ role }) => role)],
  );
  const existing = new Set(rows.map((row) => row.rolname));
  for (const { name, role, password } of wanted) {
    const verb = existing.has(role) ? 'ALTER' : 'CREATE';
    await client.query(`${verb} ROLE ${identifier(role)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    if (!isSubgraph(name)) continue;
    await client.query(`ALTER ROLE ${identifier(role)} SET search_path = ${identifier(name)}`);
    // A role that is no superuser must be a member of the role that it makes the owner of a schema.
    await client.query(`GRANT ${identifier(role)} TO CURRENT_USER`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${identifier(name)} AUTHORIZATION ${identifier(role)}`);
  }
}

/** Migrations of this release that the database does not have, by subgraph; one statement. */
async function pendingMigrations(client: pg.Client): Promise<SubgraphName[]> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = '_prisma_migrations' AND table_schema = ANY($1)`,
    [subgraphNames],
  );
  const applied = new Map<string, Set<string>>();
  if (rows.length > 0) {
    const parts = rows.map(
      ({ schema }) =>
        `SELECT '${schema}' AS schema, migration_name FROM ${identifier(schema)}._prisma_migrations WHERE finished_at IS NOT NULL`,
    );
    const found = await client.query<{ schema: string; migration_name: string }>(parts.join(' UNION ALL '));
    for (const row of found.rows)
      applied.set(row.schema, (applied.get(row.schema) ?? new Set()).add(row.migration_name));
  }
  return subgraphNames.filter((name) =>
    migrationNames(name).some((migration) => !applied.get(name)?.has(migration)),
  );
}

/** The relay may read and mark outboxes, read subscriptions and fill inboxes: nothing else. */
const relayGrants = (schema: string, role: string): string => `
  GRANT USAGE ON SCHEMA ${schema} TO ${role};
  GRANT SELECT ON ${schema}.outbox, ${schema}.event_subscription TO ${role};
  GRANT UPDATE (relayed_at) ON ${schema}.outbox TO ${role};
  GRANT SELECT (consumer, event_id), INSERT ON ${schema}.inbox TO ${role};`;

/** Verify may read every table, also those that later migrations of the schema's role make: nothing else. */
const verifyGrants = (schema: string, role: string, owner: string): string => `
  GRANT USAGE ON SCHEMA ${schema} TO ${role};
  GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role};
  ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${role};`;

const roleOf = (url: string): string => new URL(url).username;

/** All of it or nothing (one implicit transaction), so that one privilege tells of all. */
async function grantAccess(client: pg.Client, urls: DatabaseUrls): Promise<void> {
  const relay = identifier(roleOf(urls.relay));
  const verify = identifier(roleOf(urls.verify));
  const grants = subgraphNames.map((name) => {
    const schema = identifier(name);
    return relayGrants(schema, relay) + verifyGrants(schema, verify, identifier(roleOf(urls[name])));
  });
  // The second lock on the door: who reads by it writes nothing even where somebody granted too much.
  await client.query(`${grants.join('')} ALTER ROLE ${verify} SET default_transaction_read_only = on`);
}

/** Whether a release before the role, or a start that was ended midway, left it without its privileges. */
async function lacksAccess(client: pg.Client, urls: DatabaseUrls): Promise<boolean> {
  const { rows } = await client.query<{ lacks: boolean }>(
    `SELECT NOT has_schema_privilege($1, $2, 'USAGE') AS lacks`,
    [roleOf(urls.verify), subgraphNames[0]],
  );
  return rows[0]?.lacks ?? true;
}

/** Prepares the database and gives the URLs of its roles. Two that run at once wait for each other. */
export async function prepareDatabase(options: PrepareOptions): Promise<DatabaseUrls> {
  const { adminUrl, onProgress } = options;
  await ensureDatabase(adminUrl);
  const urls = databaseUrls({ ...options, databaseUrl: adminUrl });
  await withClient(adminUrl, async (client) => {
    await client.query(`SELECT pg_advisory_lock(hashtext('hanse/prepare'))`);
    // Trusted, but our roles may create nothing in the database itself.
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public');
    await ensureRoles(client, urls);
    const pending = await pendingMigrations(client);
    for (const [i, name] of pending.entries()) {
      onProgress?.(`Preparing the database: ${name} (${i + 1} of ${pending.length})`);
      await applyMigrations(name, urls[name]);
    }
    if (pending.length > 0 || (await lacksAccess(client, urls))) await grantAccess(client, urls);
  });
  return urls;
}
