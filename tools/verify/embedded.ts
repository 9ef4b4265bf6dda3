/** The embedded PostgreSQL of a data folder, for who only reads: found where it runs, started for a while where not. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readPassword } from '../../local/postgres/initialise.js';
import { realName } from '../../local/postgres/folders.js';
import { findPlace, movedFolder, type Place } from '../../local/postgres/place.js';
import { readPostmaster } from '../../local/postgres/postmaster.js';
import { findProcess } from '../../local/postgres/processes.js';
import { startPostgres } from '../../local/postgres/server.js';
import { UsageError } from './options.js';

export interface Embedded {
  /** Of the shop's database, as its superuser. */
  adminUrl: string;
  /** Stops what was started for this; what ran goes on. */
  close(): Promise<void>;
}

const shopDatabase = (url: string): string => {
  const changed = new URL(url);
  changed.pathname = '/hanse';
  return changed.toString();
};

/** The URL of the server that runs on this place: postmaster.pid has its pid in line 1 and its port in line 4. */
async function runningUrl(place: Place): Promise<string | null> {
  const postmaster = await readPostmaster(place.data);
  if (!postmaster?.isReady) return null;
  // A killed server leaves the file, and its pid may be another's by now.
  if (!(await findProcess(postmaster.pid))?.commandLine.includes(place.data)) return null;
  const [, , , port = ''] = (await readFile(join(place.data, 'postmaster.pid'), 'utf8')).split('\n');
  return `postgresql://postgres:${await readPassword(place)}@127.0.0.1:${port.trim()}/postgres`;
}

/** Finds or starts the shop's database; throws UsageError where `dataFolder` has none: a check must not make one. */
export async function openEmbedded(
  dataFolder: string,
  onProgress: (message: string) => void,
): Promise<Embedded> {
  const wished = await realName(join(resolve(dataFolder), 'postgres'));
  if (![wished, movedFolder(wished)].some((home) => existsSync(join(home, 'data'))))
    throw new UsageError(
      `There is no database in ${dataFolder}: no shop was started there. Set HANSE_DATA, DATABASE_URL or VERIFY_DATABASE_URL.`,
    );
  const running = await runningUrl(await findPlace(wished));
  if (running) return { adminUrl: shopDatabase(running), close: () => Promise.resolve() };
  const server = await startPostgres({ dataFolder: wished, onProgress });
  return { adminUrl: shopDatabase(server.adminUrl), close: () => server.stop() };
}
