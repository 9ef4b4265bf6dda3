/** A PostgreSQL of the run's own, durable as in production, that can be crashed. */
import { join } from 'node:path';
import { startPostgres, type PostgresServer } from '../../local/postgres/server.js';
import type { DatabaseUrls } from '../../subgraphs/shared/database-urls.js';
import { prepareDatabase } from '../database/prepare.js';

export interface OwnDatabase {
  /** Of the shop's database, as its superuser. */
  adminUrl: string;
  urls: DatabaseUrls;
  /** Ends it at once, as a loss of power does for whoever has not committed, and starts it again at the same address. */
  crash(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}

export async function startDatabase(
  folder: string,
  masterKey: Buffer,
  onProgress: (line: string) => void,
): Promise<OwnDatabase> {
  const start = (port = 0): Promise<PostgresServer> =>
    startPostgres({
      dataFolder: join(folder, 'postgres'),
      port,
      // Recovery begins with a sync of the whole data folder: in one call instead of one per file.
      settings: { max_connections: '300', recovery_init_sync_method: 'syncfs' },
    });
  let server = await start();
  const url = new URL(server.adminUrl);
  url.pathname = '/hanse';
  const adminUrl = url.toString();
  const urls = await prepareDatabase({ adminUrl, masterKey, onProgress });
  return {
    adminUrl,
    urls,
    crash: async (signal) => {
      const { pid, port } = server;
      process.kill(pid, signal);
      await server.exited;
      await server.stop();
      server = await start(port);
    },
    stop: () => server.stop(),
  };
}
