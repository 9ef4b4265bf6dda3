import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPackagedBinaries, prepareBinaries, type Binaries } from './binaries.js';
import { PostgresStartError } from './errors.js';
import { initialise, readPassword } from './initialise.js';
import { launch, portTaken, type Launched } from './launch.js';
import { lockFolder } from './lock.js';
import { findPlace, SYSTEM_FOLDER, type Place } from './place.js';
import { findFreePort, whyNotFree } from './port.js';
import { stopPostmaster, stopStray } from './postmaster.js';

export interface PostgresOptions {
  /** Where the data shall live, e.g. <checkout>/.hanse/postgres. Moved to where Postgres' user can reach it if it cannot. */
  dataFolder: string;
  /** 0 or undefined: a free one below 32768. */
  port?: number;
  /** False for tests: fsync, full_page_writes and synchronous_commit off. Default true. */
  durable?: boolean;
  /** Further settings of postgresql.conf; they win over ours, except for where it listens. */
  settings?: Record<string, string>;
  onProgress?: (message: string) => void;
}

export interface PostgresServer {
  /** Admin URL of database "postgres"; the superuser has a password that is kept beside the data, 0600. */
  adminUrl: string;
  port: number;
  pid: number;
  /** Where data, password and postgres.log really lie. */
  folder: string;
  /** Resolves when the server is gone, whoever ended it. */
  exited: Promise<void>;
  /** Fast shutdown; resolves when the process is gone and the folder is free for another start. */
  stop(): Promise<void>;
}

type Progress = (message: string) => void;

/** How long processes of a killed server may keep its shared memory before we give up. */
const LEFTOVERS_MS = 10_000;
const PORT_ATTEMPTS = 5;

/**
 * Starts the PostgreSQL that npm installed on `dataFolder`, making the database there at the first time. Ctrl-C does
 * not reach it: the caller stops it when it has drained. It ends after this process in any case.
 * Throws PostgresStartError, whose message says what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const onProgress = options.onProgress ?? (() => undefined);
  try {
    const packaged = await findPackagedBinaries();
    const place = await findPlace(options.dataFolder);
    const unlock = await lockFolder(place.home);
    return await startLocked(packaged, place, options, unlock, onProgress).catch(async (error: unknown) => {
      await unlock();
      throw error;
    });
  } catch (cause) {
    if (cause instanceof PostgresStartError) throw cause;
    const message = `PostgreSQL could not start on ${options.dataFolder}: ${String(cause)}`;
    throw new PostgresStartError('START_FAILED', message, { cause });
  }
}

async function startLocked(
  packaged: Binaries,
  place: Place,
  options: PostgresOptions,
  unlock: () => Promise<void>,
  onProgress: Progress,
): Promise<PostgresServer> {
  // Root's copies serve all checkouts of the machine; an ordinary user's lie with the data.
  const binaries = await prepareBinaries(
    packaged,
    place.runAs,
    place.runAs ? SYSTEM_FOLDER : place.home,
    onProgress,
  );
  await prepareData(binaries, place, options.durable ?? true, onProgress);
  const password = await readPassword(place);
  onProgress(`starting PostgreSQL ${binaries.major} on ${place.home}`);
  const { launched, port } = await launchAgainWhileSensible(binaries, place, options, onProgress);
  let stopping: Promise<void> | undefined;
  return {
    adminUrl: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    pid: launched.pid,
    folder: place.home,
    exited: launched.exited,
    stop: () => (stopping ??= stop(launched).then(unlock)),
  };
}

async function stop({ child, pid, exited }: Launched): Promise<void> {
  child.ref();
  if (child.exitCode === null && child.signalCode === null) await stopPostmaster(pid);
  await exited;
}

/** Makes the database where there is none; where there is, checks its version and that nobody runs on it. */
async function prepareData(
  binaries: Binaries,
  place: Place,
  durable: boolean,
  onProgress: Progress,
): Promise<void> {
  // Asked under the lock: another program may have made it since the place was chosen.
  if (!(await readdir(place.home)).includes('data')) {
    onProgress(`initialising a database in ${place.home}`);
    return initialise(binaries, place, durable);
  }
  const version = (await readFile(join(place.data, 'PG_VERSION'), 'utf8')).trim();
  if (Number(version) !== binaries.major) {
    throw new PostgresStartError(
      'WRONG_VERSION',
      `The data in ${place.home} is of PostgreSQL ${version}, and this is PostgreSQL ${binaries.major}. ` +
        'Move the folder away to begin with an empty database; to keep the data run a PostgreSQL ' +
        `${version} on it and set DATABASE_URL to that.`,
    );
  }
  return stopStray(place.data, onProgress);
}

async function launchAgainWhileSensible(
  binaries: Binaries,
  place: Place,
  options: PostgresOptions,
  onProgress: Progress,
): Promise<{ launched: Launched; port: number }> {
  if (options.port && (await whyNotFree(options.port)) === 'EADDRINUSE') throw portTaken(options.port);
  const giveUpAt = Date.now() + LEFTOVERS_MS;
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await findFreePort());
    try {
      return { launched: await launch(binaries, place, settingsFor(port, options), onProgress), port };
    } catch (error) {
      const code = error instanceof PostgresStartError ? error.code : undefined;
      const somebodyWasFaster = code === 'PORT_TAKEN' && !options.port && attempt < PORT_ATTEMPTS;
      const leftoversEnd = code === 'DATA_FOLDER_IN_USE' && Date.now() < giveUpAt;
      if (!somebodyWasFaster && !leftoversEnd) throw error;
      if (leftoversEnd) await sleep(100);
      await stopStray(place.data, onProgress);
    }
  }
}

/** Sized for a small machine that runs everything at once. */
function settingsFor(port: number, options: PostgresOptions): Record<string, string> {
  const quick = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
  return {
    shared_buffers: '128MB',
    max_connections: '100',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable === false ? quick : {}),
    ...options.settings,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '', // one way in
  };
}
