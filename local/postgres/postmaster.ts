import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PostgresStartError } from './errors.js';
import { findProcess, isGoneWithin } from './processes.js';

/** How long a server may take to write what it has in memory and end by itself. */
const FAST_SHUTDOWN_MS = 30_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

/** What a server says about itself in its data folder (postmaster.pid). */
export interface Postmaster {
  pid: number;
  isReady: boolean;
}

/** Reads postmaster.pid: line 1 is the pid, line 8 the state. Undefined when there is no such file, or not yet all of it. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Ends a server that runs on this data folder without its program, as a kill -9 leaves it. The lock must be held.
 * It is stopped and not adopted, so that the settings of this start hold.
 */
export async function stopStray(data: string, onProgress: (message: string) => void): Promise<void> {
  const postmaster = await readPostmaster(data);
  if (!postmaster) return;
  if (await isPostmasterOf(postmaster.pid, data)) {
    onProgress(`stopping the PostgreSQL (pid ${postmaster.pid}) that an earlier run left behind`);
    await stopPostmaster(postmaster.pid);
  } else if (await findProcess(postmaster.pid)) {
    // The pid is another's now. PostgreSQL would take that one for a server and refuse to start.
    await rm(join(data, 'postmaster.pid'), { force: true });
  }
}

/** Fast shutdown: ends transactions, writes everything, is gone when this returns. */
export async function stopPostmaster(pid: number): Promise<void> {
  signal(pid, 'SIGINT');
  if (await isGoneWithin(pid, FAST_SHUTDOWN_MS)) return;
  signal(pid, 'SIGQUIT'); // at once; nothing acknowledged is lost, the next start reads its log
  if (await isGoneWithin(pid, IMMEDIATE_SHUTDOWN_MS)) return;
  throw new PostgresStartError(
    'START_FAILED',
    `PostgreSQL (pid ${pid}) does not stop. End it by hand: kill -9 ${pid}`,
  );
}

async function isPostmasterOf(pid: number, data: string): Promise<boolean> {
  const found = await findProcess(pid);
  if (!found) return false;
  // Its children call themselves "postgres: ...", so the program's path tells the server from them.
  if (basename(found.commandLine.split(' -D ')[0] ?? '').trim() !== 'postgres') return false;
  return found.folder === undefined ? found.commandLine.includes(` -D ${data} `) : found.folder === data;
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}
