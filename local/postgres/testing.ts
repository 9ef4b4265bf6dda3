/** What the tests of this folder share: folders, servers and programs that are gone after each test. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach } from '@jest/globals';
import pg from 'pg';
import { isGoneWithin } from './processes.js';
import { startPostgres, type PostgresOptions, type PostgresServer } from './server.js';
import { patienceMs } from '../../tests/testkit/eventually.js';

export const here = dirname(fileURLToPath(import.meta.url));
export const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A folder that everybody may enter, gone after the test. */
export async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hanse-postgres-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, 0o755);
  return folder;
}

export async function newDataFolder(): Promise<string> {
  return join(await openFolder(), 'postgres');
}

export async function start(
  dataFolder: string,
  options: Partial<PostgresOptions> = {},
): Promise<PostgresServer> {
  const server = await startPostgres({ dataFolder, durable: false, ...options });
  cleanUps.push(() => server.stop());
  return server;
}

export async function query(adminUrl: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

export interface Program {
  process: ChildProcess;
  lines: AsyncIterator<string>;
  adminUrl: string;
  pid: number;
  folder: string;
}

export function spawnProgram(
  dataFolder: string,
  manner = 'stay',
  user?: { uid: number; gid: number },
): ChildProcessByStdio<null, Readable, null> {
  const program = spawn(
    process.execPath,
    ['--import', 'tsx', join(here, 'test-program.ts'), dataFolder, manner],
    {
      ...user,
      cwd: here,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: '/bin:/usr/bin' },
    },
  );
  cleanUps.push(async () => {
    program.kill('SIGKILL');
    await ended(program);
  });
  return program;
}

export async function startProgram(...args: Parameters<typeof spawnProgram>): Promise<Program> {
  const program = spawnProgram(...args);
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const started = JSON.parse(await nextLine(lines)) as { adminUrl: string; pid: number; folder: string };
  cleanUps.push(async () => {
    program.kill('SIGKILL');
    await isGoneWithin(started.pid, patienceMs); // its watcher ends it
  });
  return { process: program, lines, ...started };
}

export async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the program ended without a word');
  return value;
}

export async function ended(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  await new Promise((resolve) => program.once('exit', resolve));
}

/** Waits for what is so for a moment only: looks every 2 ms, where `eventually` may be too late. */
export async function catchMoment(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(2)) if (await isSo()) return;
  throw new Error(`not so within ${patienceMs / 1000} s`);
}
