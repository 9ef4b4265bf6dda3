import { createHash } from 'node:crypto';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PostgresStartError, systemCode } from './errors.js';
import { makeOpenFolder, nearestFolder, realName } from './folders.js';
import { canEnter, findServiceUser, isRoot, type RunAs } from './user.js';

/** Where data goes when we are root and PostgreSQL's user cannot reach the wished folder; copies of binaries, too. */
export const SYSTEM_FOLDER = '/var/lib/hanse';

const MARKER = 'hanse-postgres.txt';

/** Where one server's files live. */
export interface Place {
  /** Ours: marker, lock, password, log and the folder `data`. */
  home: string;
  /** PGDATA. It is there only when it was initialised to the end. */
  data: string;
  /** Set when we are root. */
  runAs: RunAs | undefined;
}

/**
 * Decides where the data of `dataFolder` lives and makes that folder. It is the wished folder, unless we are root and
 * PostgreSQL's user cannot reach that: then a folder of its own under /var/lib/hanse, named by the wished path, so that
 * each start finds the same. A place that has data already always wins, and its owner is the user to run as.
 */
export async function findPlace(dataFolder: string): Promise<Place> {
  const wished = await realName(resolve(dataFolder));
  const candidates = isRoot() ? [wished, movedFolder(wished)] : [wished];
  for (const home of candidates) await refuseForeign(home);

  for (const home of candidates) {
    const owner = await findDataOwner(home);
    if (owner) return placeWithData(home, owner);
  }
  const runAs = isRoot() ? await findServiceUser() : undefined;
  for (const home of candidates) {
    // Only what is above: the folder itself, where it is there, is empty or ours, and we open it.
    if (!(await canEnter(await nearestFolder(dirname(home)), runAs))) continue;
    await makeHome(home, wished);
    return { home, data: join(home, 'data'), runAs };
  }
  throw notWritable(wished, `user ${runAs?.name ?? process.geteuid?.()} cannot enter it`);
}

/** The folder that stands for `wished` where root's PostgreSQL cannot reach that one. */
export function movedFolder(wished: string): string {
  return join(SYSTEM_FOLDER, createHash('sha256').update(wished).digest('hex').slice(0, 16));
}

async function placeWithData(home: string, owner: { uid: number; gid: number }): Promise<Place> {
  const place = { home, data: join(home, 'data') };
  if (isRoot() && owner.uid !== 0) {
    const runAs = { ...owner, name: `#${owner.uid}` };
    if (await canEnter(place.data, runAs)) return { ...place, runAs };
    throw notWritable(
      place.data,
      `its owner (uid ${owner.uid}) cannot reach it any more; chmod a+x the folders above it`,
    );
  }
  if (!isRoot() && owner.uid === process.geteuid?.()) return { ...place, runAs: undefined };
  throw new PostgresStartError(
    'NOT_OURS',
    `The data in ${place.data} belongs to user #${owner.uid}, perhaps from a start as root. ` +
      'Start as that user or as root, hand the folder over (chown -R), or choose another data folder.',
  );
}

async function findDataOwner(home: string): Promise<{ uid: number; gid: number } | undefined> {
  return stat(join(home, 'data')).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw notWritable(home, String(error));
  });
}

async function refuseForeign(home: string): Promise<void> {
  const names = await readdir(home).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    if (systemCode(error) === 'ENOTDIR') return ['(a file, not a folder)'];
    throw notWritable(home, String(error));
  });
  if (names.length === 0 || names.includes(MARKER)) return;
  throw new PostgresStartError(
    'NOT_OURS',
    `${home} is not empty and was not made by Hanse (it holds ${names.slice(0, 3).join(', ')}). ` +
      'Choose another data folder or move that one away; to use a PostgreSQL of yours set DATABASE_URL.',
  );
}

async function makeHome(home: string, wished: string): Promise<void> {
  try {
    await makeOpenFolder(home);
    await chmod(home, isRoot() ? 0o711 : 0o700); // PostgreSQL's user passes through, nobody else looks in
    await writeFile(
      join(home, MARKER),
      `PostgreSQL of Hanse, for ${wished}.\n` +
        'data: the database. password: of its superuser "postgres". postgres.log: what the server said.\n' +
        'To begin with an empty database, stop Hanse and remove this folder.\n',
    );
  } catch (error) {
    throw notWritable(home, String(error));
  }
}

function notWritable(folder: string, reason: string): PostgresStartError {
  return new PostgresStartError(
    'FOLDER_NOT_WRITABLE',
    `PostgreSQL cannot keep its data in ${folder}: ${reason}. Choose another data folder, or set DATABASE_URL.`,
  );
}
