/** The database of a shop on this machine: that of DATABASE_URL, or the built-in one. */
import { join, resolve } from 'node:path';
import type { Config } from '../subgraphs/shared/config.js';
import type { DatabaseUrls } from '../subgraphs/shared/database-urls.js';
import type { Stops } from '../subgraphs/shared/program.js';
import { prepareDatabase } from '../tools/database/prepare.js';
import { startPostgres } from './postgres/server.js';

export interface LocalDatabaseOptions {
  config: Config;
  masterKey: Buffer;
  /** Gets what ends the server, where one was started. */
  stops: Stops;
  onProgress: (line: string) => void;
  /** Of the built-in server: how many connections it takes; PostgreSQL's 100 when absent. */
  maxConnections?: number;
}

async function adminUrlOf({
  config,
  stops,
  onProgress,
  maxConnections,
}: LocalDatabaseOptions): Promise<string> {
  if (config.databaseUrl) return config.databaseUrl;
  const postgres = await startPostgres({
    dataFolder: join(resolve(config.dataFolder), 'postgres'),
    port: config.postgresPort,
    ...(maxConnections === undefined ? {} : { settings: { max_connections: String(maxConnections) } }),
    onProgress,
  });
  stops.push(() => postgres.stop());
  const url = new URL(postgres.adminUrl);
  url.pathname = '/hanse';
  return url.toString();
}

/** The roles' URLs, with all schemas up to date. */
export async function openLocalDatabase(options: LocalDatabaseOptions): Promise<DatabaseUrls> {
  const { config, masterKey, onProgress } = options;
  const adminUrl = await adminUrlOf(options);
  return { ...(await prepareDatabase({ adminUrl, masterKey, onProgress })), ...config.databaseUrls };
}
