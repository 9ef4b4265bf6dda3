/** Names and passwords of the database's roles: one per subgraph, derived, so that nobody has to keep them. */
import { createHmac } from 'node:crypto';
import { subgraphNames, type SubgraphName } from '../list.js';

/** Roles that own no schema: `relay` carries events between schemas, `verify` reads all and writes nothing. */
export const rolesWithoutSchema = ['relay', 'verify'] as const;

export type DatabaseRole = SubgraphName | (typeof rolesWithoutSchema)[number];
export type DatabaseUrls = Record<DatabaseRole, string>;

export interface DatabaseUrlOptions {
  /** Where the database is; who is named in it does not matter. */
  databaseUrl: string;
  /** From it the roles' passwords are derived. */
  masterKey: Buffer;
  /** Roles are server-wide: `<prefix>_orders`. The database's name when absent. */
  rolePrefix?: string | undefined;
}

export function databaseUrlOf(
  role: DatabaseRole,
  { databaseUrl, masterKey, rolePrefix }: DatabaseUrlOptions,
): string {
  const url = new URL(databaseUrl);
  const database = decodeURIComponent(url.pathname.slice(1)) || 'postgres';
  url.username = `${rolePrefix ?? database}_${role}`;
  url.password = createHmac('sha256', masterKey).update(`hanse/database-role/${role}`).digest('base64url');
  return url.toString();
}

/** The URLs of all roles, as `prepareDatabase` makes them. */
export const databaseUrls = (options: DatabaseUrlOptions): DatabaseUrls =>
  Object.fromEntries(
    [...subgraphNames, ...rolesWithoutSchema].map((role) => [role, databaseUrlOf(role, options)]),
  ) as DatabaseUrls;
