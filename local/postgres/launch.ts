import { spawn, type ChildProcess } from 'node:child_process';
import { chown, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { PostgresStartError } from './errors.js';
import type { Place } from './place.js';
import { readPostmaster } from './postmaster.js';
import { credentials } from './user.js';

const LARGEST_LOG_BYTES = 10_000_000;
const LAST_LINES = 15;

/** A server that answers. `exited` is kept when it ends, whoever ended it. */
export interface Launched {
  pid: number;
  exited: Promise<void>;
  child: ChildProcess;
}

/** Starts `postgres` and waits until it takes connections; recovery after a crash may take its time. */
export async function launch(
  binaries: Binaries,
  place: Place,
  settings: Record<string, string>,
  onProgress: (message: string) => void,
): Promise<Launched> {
  const log = await openLog(place);
  const child = spawn(
    join(binaries.folder, 'bin', 'postgres'),
    ['-D', place.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...credentials(place.runAs),
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      detached: true, // Ctrl-C is for the program, which stops its database last
      stdio: ['ignore', 'ignore', log.fd],
    },
  );
  let ending: string | undefined;
  const exited = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      ending = reason;
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const { pid } = child;
  if (pid !== undefined) watchOver(pid, exited, place);
  for (let since = Date.now(), said = since; ; await sleep(10)) {
    const postmaster = ending === undefined ? await readPostmaster(place.data) : undefined;
    if (pid !== undefined && postmaster?.pid === pid && postmaster.isReady) {
      await log.close();
      child.unref();
      return { pid, exited, child };
    }
    if (ending !== undefined) throw await explain(ending, log, settings['port'] ?? '', place);
    if (Date.now() - said > 5_000) {
      said = Date.now();
      onProgress(`PostgreSQL is still starting after ${Math.round((said - since) / 1000)} s (${log.path})`);
    }
  }
}

/**
 * However this process ends, its database ends after it: a shell waits at a pipe that we write to only when the server
 * is gone, and that the kernel closes when we are. (It was killed too? Then the next start finds the stray.)
 */
function watchOver(pid: number, exited: Promise<void>, place: Place): void {
  const script = 'read -r word || kill -INT "$1"';
  const watcher = spawn('/bin/sh', ['-c', script, 'hanse-postgres-watcher', String(pid)], {
    ...credentials(place.runAs),
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined); // a machine without a shell is no reason to fail
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  void exited.then(() => watcher.stdin.end('gone\n'));
}

interface Log {
  fd: number;
  path: string;
  /** What was written since this start. */
  tail(): Promise<string>;
  close(): Promise<void>;
}

async function openLog(place: Place): Promise<Log> {
  const path = join(place.home, 'postgres.log');
  const before = await stat(path).catch(() => undefined);
  if (before && before.size > LARGEST_LOG_BYTES) await rename(path, `${path}.old`);
  const handle = await open(path, 'a+', 0o600);
  const owner = await stat(place.home);
  if (place.runAs) await chown(path, owner.uid, owner.gid);
  const from = (await handle.stat()).size;
  const tail = async (): Promise<string> => {
    const { buffer, bytesRead } = await handle.read({ position: from, buffer: Buffer.alloc(64_000) });
    return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-LAST_LINES).join('\n');
  };
  return { fd: handle.fd, path, tail, close: () => handle.close() };
}

async function explain(ending: string, log: Log, port: string, place: Place): Promise<PostgresStartError> {
  const words = await log.tail().finally(() => log.close());
  if (words.includes('Address already in use')) return portTaken(port);
  // Backends outlive a killed server until their query looks up; or one that nobody awaits is just starting.
  if (/pre-existing shared memory block|postmaster\.pid" already exists/.test(words)) {
    return new PostgresStartError(
      'DATA_FOLDER_IN_USE',
      `Processes of an earlier PostgreSQL still run on ${place.home}. They end with their last query; ps -ef shows them.\n${words}`,
    );
  }
  return new PostgresStartError(
    'START_FAILED',
    `PostgreSQL did not start on ${place.home}: ${ending}. Its last words (${log.path}):\n${words}`,
  );
}

/** The error for a port that somebody else listens on. */
export function portTaken(port: number | string): PostgresStartError {
  return new PostgresStartError(
    'PORT_TAKEN',
    `Port ${port} is taken by another program. Set POSTGRES_PORT to a free one (or to 0: any), or stop that program.`,
  );
}
