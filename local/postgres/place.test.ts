import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { movedFolder } from './place.js';
import { startPostgres } from './server.js';
import {
  cleanUps,
  ended,
  here,
  newDataFolder,
  nextLine,
  openFolder,
  query,
  start,
  startProgram,
} from './testing.js';
import { findServiceUser, isRoot } from './user.js';

test('PostgreSQL runs as a user that is not root and reaches its data even when the wished folder is closed', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'hanse-closed-')); // 0700
  const dataFolder = join(closed, 'postgres');
  cleanUps.push(() => rm(closed, { recursive: true, force: true }));
  if (isRoot()) cleanUps.push(() => rm(movedFolder(dataFolder), { recursive: true, force: true }));

  const first = await start(dataFolder);
  expect(first.folder).toBe(isRoot() ? movedFolder(dataFolder) : dataFolder);
  // The server itself insists on owning its data.
  const owner = (await stat(join(first.folder, 'data'))).uid;
  expect(owner).toBe(isRoot() ? (await findServiceUser()).uid : process.getuid?.());
  expect(owner).not.toBe(0);
  await query(first.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();

  await chmod(closed, 0o755); // open now, but the data is where it was
  const second = await start(dataFolder);
  expect(second.folder).toBe(first.folder);
  expect(await query(second.adminUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('an ordinary user keeps the data in the wished folder, and root goes on with it as that user', async () => {
  const folder = await openFolder();
  const user = isRoot()
    ? { uid: 65_534, gid: 65_534 }
    : { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
  await chown(folder, user.uid, user.gid);
  const dataFolder = join(folder, 'postgres');

  const program = await startProgram(dataFolder, 'stay', user);
  expect(program.folder).toBe(dataFolder);
  await query(program.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  program.process.kill('SIGTERM');
  expect(JSON.parse(await nextLine(program.lines))).toEqual({ stopped: true });
  await ended(program.process);

  const server = await start(dataFolder); // root where the tests are
  expect(server.folder).toBe(dataFolder);
  expect((await stat(join(dataFolder, 'data'))).uid).toBe(user.uid);
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('a folder with something else in it is left alone', async () => {
  const dataFolder = await newDataFolder();
  await mkdir(dataFolder);
  await writeFile(join(dataFolder, 'thesis.txt'), 'mine');
  await expect(startPostgres({ dataFolder })).rejects.toMatchObject({
    code: 'NOT_OURS',
    message: expect.stringMatching(/thesis\.txt.*Choose another data folder/),
  });
  expect(await readdir(dataFolder)).toEqual(['thesis.txt']);
});

test('a database made by root tells an ordinary user what to do', async () => {
  const dataFolder = await newDataFolder();
  const first = await start(dataFolder);
  await first.stop();
  if (isRoot()) await chmod(first.folder, 0o755);
  const name = randomBytes(4).toString('hex');
  // As an ordinary user we stand for another one by wishing for a folder of root's.
  const wished = isRoot() ? dataFolder : `/${name}`;
  const program = spawn(process.execPath, ['--import', 'tsx', join(here, 'test-program.ts'), wished], {
    ...(isRoot() ? { uid: 65_534, gid: 65_534 } : {}),
    cwd: here,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  program.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise((resolve) => program.once('close', resolve));
  expect(program.exitCode).toBe(1);
  expect(said).toMatch(isRoot() ? /NOT_OURS/ : /FOLDER_NOT_WRITABLE/);
});
