import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresStartError, systemCode } from './errors.js';
import { findProcess } from './processes.js';

/** Gives the folder back. */
export type Unlock = () => Promise<void>;

/**
 * Takes a data folder for this process, by a file with its pid and start time. A lock whose process is gone (or whose
 * pid is another's now) is taken over. Throws DATA_FOLDER_IN_USE while the holder lives.
 */
export async function lockFolder(home: string): Promise<Unlock> {
  const file = join(home, 'lock');
  const ours = await describeOurselves();
  const draft = join(home, `lock.${randomBytes(6).toString('hex')}`);
  await writeFile(draft, ours, { mode: 0o644 });
  try {
    // A link of a written file: the lock is there with its content, or it is not there.
    while (!(await link(draft, file).then(() => true, isTaken))) await breakIfStale(file, home);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readFile(file, 'utf8').catch(() => '')) === ours) await rm(file, { force: true });
  };
}

async function describeOurselves(): Promise<string> {
  const self = await findProcess(process.pid);
  return `${process.pid}\n${self?.startedAt ?? ''}\n${randomBytes(6).toString('hex')}\n`;
}

function isTaken(error: unknown): false {
  if (systemCode(error) === 'EEXIST') return false;
  throw error;
}

async function breakIfStale(file: string, home: string): Promise<void> {
  const seen = await readFile(file, 'utf8').catch(() => undefined);
  if (seen === undefined) return; // given back just now
  const [pid, startedAt] = seen.split('\n');
  const holder = await findProcess(Number(pid));
  if (holder && holder.startedAt === startedAt) {
    throw new PostgresStartError(
      'DATA_FOLDER_IN_USE',
      `Another program (pid ${pid}) runs PostgreSQL on ${home}. ` +
        `Stop it (kill ${pid}), or give this one a data folder of its own.`,
    );
  }
  // Two may find the same stale lock: each takes the file away first and looks at what it holds then.
  const aside = `${file}.stale-${randomBytes(6).toString('hex')}`;
  await rename(file, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  if (taken !== undefined && taken !== seen) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
