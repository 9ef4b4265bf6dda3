import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.js';
import { PostgresStartError } from './errors.js';
import type { Place } from './place.js';
import { credentials } from './user.js';

const run = promisify(execFile);
const UNFINISHED = 'unfinished-';

/**
 * Makes the database with initdb, in a folder of its own that gets its name only when all is there: a killed initdb
 * leaves no half a database behind, only a folder that the next start removes. The lock must be held.
 */
export async function initialise(binaries: Binaries, place: Place, durable: boolean): Promise<void> {
  for (const name of await readdir(place.home)) {
    if (name.startsWith(UNFINISHED))
      await rm(join(place.home, name), { recursive: true, force: true, maxRetries: 5 });
  }
  const password = randomBytes(24).toString('hex');
  await writeDurably(join(place.home, 'password'), password);

  const unfinished = join(place.home, UNFINISHED + randomBytes(6).toString('hex'));
  const passwordCopy = join(unfinished, 'password');
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordCopy, password, { mode: 0o600 });
  if (place.runAs) {
    for (const path of [unfinished, passwordCopy]) await chown(path, place.runAs.uid, place.runAs.gid);
  }
  const options = [
    ...['-D', join(unfinished, 'data'), '-U', 'postgres', `--pwfile=${passwordCopy}`, '--auth=scram-sha-256'],
    // PostgreSQL's own locale: sorted alike on every machine, whatever its C library.
    ...[
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    ...(durable ? [] : ['--no-sync']),
  ];
  await run(join(binaries.folder, 'bin', 'initdb'), options, {
    ...credentials(place.runAs),
    cwd: '/', // ours may be closed to that user
    env: { LC_ALL: 'C', TZ: 'UTC' }, // no PG... variable of the caller's gets in
  }).catch((cause: unknown) => {
    const said = typeof cause === 'object' && cause !== null && 'stderr' in cause ? String(cause.stderr) : '';
    throw new PostgresStartError(
      'START_FAILED',
      `PostgreSQL could not make its database in ${place.home}: ${said.trim() || String(cause)}`,
      { cause },
    );
  });
  await rename(join(unfinished, 'data'), place.data);
  await syncFolder(place.home);
  await rm(unfinished, { recursive: true, force: true });
}

/** The superuser's password, as it was written when the database was made. */
export async function readPassword(place: Place): Promise<string> {
  return readFile(join(place.home, 'password'), 'utf8').catch((cause: unknown) => {
    throw new PostgresStartError(
      'START_FAILED',
      `The password of the database in ${place.home} cannot be read (${String(cause)}). Put the file back, ` +
        'or move the folder away to begin with an empty database.',
      { cause },
    );
  });
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flush: true });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
