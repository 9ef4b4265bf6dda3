import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';

/** Makes a folder and those above it so that everybody can enter them, whatever the umask; leaves existing ones alone. */
export async function makeOpenFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  for (let made = path; first && made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

/** The path without symbolic links, so that one folder has one name; the folder need not be there yet. */
export async function realName(path: string): Promise<string> {
  const folder = await nearestFolder(path);
  return join(await realpath(folder), path.slice(folder.length));
}

/** The path itself if it is there, else the nearest folder above it that is. */
export async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const isThere = await stat(folder).then(
      () => true,
      () => false,
    );
    if (isThere || folder === parse(folder).root) return folder;
  }
}
