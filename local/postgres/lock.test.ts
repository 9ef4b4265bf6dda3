import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startPostgres } from './server.js';
import { newDataFolder, query, start, startProgram } from './testing.js';

test('a second program on the same folder is told the pid of the first', async () => {
  const dataFolder = await newDataFolder();
  const program = await startProgram(dataFolder, 'stay');
  await expect(startPostgres({ dataFolder })).rejects.toMatchObject({
    code: 'DATA_FOLDER_IN_USE',
    message: expect.stringContaining(`pid ${program.process.pid}`),
  });
  expect(await query(program.adminUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('of two first starts at once one wins and the other is told', async () => {
  const dataFolder = await newDataFolder();
  const both = await Promise.allSettled([start(dataFolder), start(dataFolder)]);
  const [won] = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const lost = both.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  expect(lost).toEqual([expect.objectContaining({ code: 'DATA_FOLDER_IN_USE' })]);
  expect(await query(won?.adminUrl ?? '', 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('the lock of a program that is gone does not bar the way, not even when its pid is used again', async () => {
  const dataFolder = await newDataFolder();
  const first = await start(dataFolder);
  await first.stop();
  for (const stale of [`${process.pid}\nanother time\nx\n`, `4194304\nlong ago\nx\n`, '']) {
    await writeFile(join(first.folder, 'lock'), stale);
    const server = await start(dataFolder);
    await server.stop();
  }
  expect((await readdir(first.folder)).sort()).toEqual([
    'data',
    'hanse-postgres.txt',
    'password',
    'postgres.log',
  ]);
});
