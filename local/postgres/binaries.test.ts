import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findPackagedBinaries, prepareBinaries } from './binaries.js';
import { cleanUps, openFolder } from './testing.js';
import { findServiceUser, isRoot } from './user.js';

test('binaries that cannot run where they lie are copied once, with the links that npm could not carry', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'hanse-closed-')); // root's service user cannot enter it
  const copies = await openFolder();
  const packaged = await findPackagedBinaries();
  const native = join(closed, 'native');
  await mkdir(native);
  cleanUps.push(async () => {
    await chmod(join(native, 'lib'), 0o755);
    await rm(closed, { recursive: true, force: true });
  });
  for (const name of ['bin', 'share', 'lib'])
    await copyFiles(join(packaged.folder, name), join(native, name));
  await writeFile(
    join(native, 'pg-symlinks.json'),
    await readFile(join(packaged.folder, 'pg-symlinks.json')),
  );
  await chmod(join(native, 'lib'), 0o555); // an ordinary user cannot make the links in it

  const runAs = isRoot() ? await findServiceUser() : undefined;
  const messages: string[] = [];
  const prepare = () =>
    prepareBinaries({ ...packaged, folder: native }, runAs, copies, (text) => messages.push(text));
  const [copy, same] = await Promise.all([prepare(), prepare()]); // two programs at once
  expect(dirname(copy.folder)).toBe(copies);
  expect(copy).toEqual(same);
  expect(copy.folder).toContain(packaged.version);
  messages.length = 0;
  expect(await prepare()).toEqual(copy);
  expect(messages).toEqual([]);
  expect(await readdir(copies)).toHaveLength(1);
});

async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFiles(source, target);
    if (!entry.isFile()) continue; // no links, as in npm's archive
    await writeFile(target, await readFile(source), { mode: (await stat(source)).mode & 0o777 });
  }
}
