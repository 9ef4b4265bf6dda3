/** What every process needs when the graph is not one process: the configuration, and doors to the others. */
import { subgraphNames, type SubgraphName } from '../../list.js';
import type { Clock } from '../clock.js';
import { ConfigError, type Config } from '../config.js';
import { databaseUrlOf, type DatabaseRole } from '../database-urls.js';
import type { Log } from '../log.js';
import { createRemote, type Remote } from './remote.js';
import { createSigner } from './signature.js';

const wanted = {
  redisUrl:
    'REDIS_URL is missing: processes tell each other of changes through Redis, and without it streams would stand still. Example: REDIS_URL=redis://127.0.0.1:6379',
  serviceKeys:
    'HANSE_SERVICE_KEYS is missing: subgraphs answer signed requests only. Example: HANSE_SERVICE_KEYS=2026-11:$(openssl rand -base64 32), the same for all processes',
  masterKey:
    'HANSE_MASTER_KEY is missing. Example: HANSE_MASTER_KEY=$(openssl rand -base64 32), the same for all processes; what it seals is lost without it',
};

/** Throws one ConfigError for all that is missing. */
export function requireSeparate(config: Config, ...names: (keyof typeof wanted)[]): void {
  const missing = names.filter((name) => {
    const value = config[name];
    return value === undefined || (Array.isArray(value) && value.length === 0);
  });
  if (missing.length > 0) throw new ConfigError(missing.map((name) => wanted[name]));
}

/**
 * The URL of a role: its own variable, or DATABASE_URL with the name and password that `npm run db -- prepare` derives from
 * the master key. Nobody but that command needs an administrator's password.
 */
export function requireDatabase(config: Config, role: Exclude<DatabaseRole, 'verify'>): string {
  const { databaseUrls, databaseUrl, masterKey } = config;
  const own = databaseUrls[role];
  if (own) return own;
  if (databaseUrl && masterKey) return databaseUrlOf(role, { databaseUrl, masterKey });
  const variable = `${role.toUpperCase()}_DATABASE_URL`;
  throw new ConfigError([
    `${variable} is missing, and so is DATABASE_URL with HANSE_MASTER_KEY, from which it would follow. "npm run db -- prepare" makes the roles, "npm run db -- urls" prints their URLs`,
  ]);
}

export type Remotes = Record<SubgraphName, Remote>;

/** Doors to all subgraphs, wherever they run. */
export function createRemotes(config: Config, clock: Clock, log: Log): Remotes {
  const sign = createSigner(config.serviceKeys, clock);
  const remotes: Partial<Remotes> = {};
  for (const name of subgraphNames)
    remotes[name] = createRemote({ name, origins: config.serviceOrigins[name], sign, log });
  return remotes as Remotes;
}

export const closeRemotes = async (remotes: Remotes): Promise<void> => {
  await Promise.all(Object.values(remotes).map((remote) => remote.close()));
};
