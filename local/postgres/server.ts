import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** Further settings of postgresql.conf; they win over ours. */
  settings?: Record<string, string>;
  onProgress?: (message: string) => void;
}

export interface PostgresServer {
  /** Admin URL of database "postgres"; the superuser has a password that is kept beside the data, 0600. */
  adminUrl: string;
  port: number;
  pid: number;
  /** Fast shutdown; resolves when the process is gone and the folder is free for another start. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that npm installed on `dataFolder`, making the database there at the first time. It survives
 * Ctrl-C (the caller stops it when it has drained) and ends with this process otherwise.
 * Throws PostgresStartError, whose message says what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const onProgress = options.onProgress ?? (() => undefined);
  const packaged = await findPackagedBinaries();
  const place = await findPlace(options.dataFolder);
  const unlock = await lockFolder(place.home);
  try {
    const binaries = await prepareBinaries(packaged, place.runAs, copiesFolder(place), onProgress);
    await prepareData(binaries, place, options.durable ?? true, onProgress);
    const password = await readPassword(place);
    onProgress(`starting PostgreSQL ${binaries.major} on ${place.home}`);
    const { launched, port } = await launchOnPort(binaries, place, options, onProgress);
    let stopping: Promise<void> | undefined;
    return {
      adminUrl: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      pid: launched.pid,
      stop: () => (stopping ??= stop(launched).then(unlock)),
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function stop(launched: Launched): Promise<void> {
  const { child, pid, exited } = launched;
  child.ref();
  if (child.exitCode === null && child.signalCode === null) await stopPostmaster(pid);
  await exited;
}

/** Root's copies serve all checkouts of the machine; an ordinary user's lie with the data. */
function copiesFolder(place: Place): string {
  return place.runAs ? SYSTEM_FOLDER : place.home;
}

async function prepareData(
  binaries: Binaries,
  place: Place,
  durable: boolean,
  onProgress: (message: string) => void,
): Promise<void> {
  const found = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (found === undefined) {
    onProgress(`initialising a database in ${place.home}`);
    return initialise(binaries, place, durable);
  }
  if (Number(found) !== binaries.major) {
    throw new PostgresStartError(
      'WRONG_VERSION',
      `The data in ${place.home} is of PostgreSQL ${found.trim()}, and this is PostgreSQL ${binaries.major}. ` +
        `Move the folder away to begin with an empty database, or bring the data over with pg_dumpall of version ` +
        `${found.trim()} and DATABASE_URL.`,
    );
  }
  return stopStray(place.data, onProgress);
}

async function launchOnPort(
  binaries: Binaries,
  place: Place,
  options: PostgresOptions,
  onProgress: (message: string) => void,
): Promise<{ launched: Launched; port: number }> {
  if (options.port) {
    const reason = await whyNotFree(options.port);
    if (reason === 'EADDRINUSE') throw portTaken(options.port);
    const launched = await launch(binaries, place, settingsFor(options.port, options), onProgress);
    return { launched, port: options.port };
  }
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    try {
      return { launched: await launch(binaries, place, settingsFor(port, options), onProgress), port };
    } catch (error) {
      const wasFaster = error instanceof PostgresStartError && error.code === 'PORT_TAKEN';
      if (!wasFaster || attempt === 5) throw error;
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
