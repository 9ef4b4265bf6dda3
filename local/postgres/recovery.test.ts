import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { findPackagedBinaries, prepareBinaries } from './binaries.js';
import { launch } from './launch.js';
import { findPlace } from './place.js';
import { findFreePort } from './port.js';
import { findProcess, isGoneWithin } from './processes.js';
import {
  cleanUps,
  ended,
  newDataFolder,
  nextLine,
  query,
  spawnProgram,
  start,
  startProgram,
  catchMoment,
} from './testing.js';
import { credentials } from './user.js';
import { eventually, patienceMs } from '../../tests/testkit/eventually.js';

test('a start that was killed while it made the database is made anew', async () => {
  const dataFolder = await newDataFolder();
  const program = spawnProgram(dataFolder);
  const names = (): Promise<string[]> => readdir(dataFolder).catch(() => []);
  await catchMoment(async () => (await names()).some((name) => name.startsWith('unfinished-')));
  program.kill('SIGKILL');
  await ended(program);
  expect(await names()).not.toContain('data');

  const server = await start(dataFolder);
  expect(await query(server.adminUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  expect((await names()).filter((name) => name.startsWith('unfinished-'))).toEqual([]);
});

test('a program that ends without stopping its server, or is killed, takes it along and loses nothing', async () => {
  const dataFolder = await newDataFolder();
  const leaving = await startProgram(dataFolder, 'leave');
  await ended(leaving.process);
  expect(leaving.process.exitCode).toBe(0);
  expect(await isGoneWithin(leaving.pid, patienceMs)).toBe(true);

  const killed = await startProgram(dataFolder, 'stay');
  const client = new pg.Client({ connectionString: killed.adminUrl });
  client.on('error', () => undefined); // it is cut off below
  await client.connect();
  await client.query('CREATE TABLE told (n int)');
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await client.query('INSERT INTO told VALUES ($1)', [acknowledged + 1]);
      acknowledged += 1;
    }
  })().catch(() => undefined);
  await eventually(() => acknowledged > 5);
  killed.process.kill('SIGKILL');
  await ended(killed.process);
  const next = await start(dataFolder);
  await writing;
  expect(next.pid).not.toBe(killed.pid);
  const [row] = await query(next.adminUrl, `SELECT count(*)::int AS n FROM told WHERE n <= ${acknowledged}`);
  expect(row).toEqual({ n: acknowledged });
});

/** A server that runs on the folder without a program and its lock. */
async function startStray(dataFolder: string): Promise<{ pid: number; adminUrl: string }> {
  const first = await start(dataFolder);
  await first.stop();
  const place = await findPlace(dataFolder);
  const binaries = await prepareBinaries(
    await findPackagedBinaries(),
    place.runAs,
    place.home,
    () => undefined,
  );
  const port = await findFreePort();
  const settings = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const stray = await launch(binaries, place, settings, () => undefined);
  cleanUps.push(async () => stray.child.kill('SIGKILL'));
  return { pid: stray.pid, adminUrl: first.adminUrl.replace(`:${first.port}/`, `:${port}/`) };
}

test('a server that was left running is stopped, and its data is there', async () => {
  const dataFolder = await newDataFolder();
  const stray = await startStray(dataFolder);
  await query(stray.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  const messages: string[] = [];
  const server = await start(dataFolder, { onProgress: (message) => messages.push(message) });
  expect(messages[0]).toContain(`pid ${stray.pid}`);
  expect(await findProcess(stray.pid)).toBeUndefined();
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('a server that was killed while a backend was busy starts again', async () => {
  const dataFolder = await newDataFolder();
  const stray = await startStray(dataFolder);
  await query(stray.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  const client = new pg.Client({ connectionString: stray.adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  const busy = client.query('SELECT count(*) FROM generate_series(1, 20000000)').catch(() => undefined);
  await sleep(50);
  process.kill(stray.pid, 'SIGKILL');
  const server = await start(dataFolder);
  await busy;
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('a postmaster.pid is no obstacle when its process is gone or its pid is used again', async () => {
  const dataFolder = await newDataFolder();
  const first = await start(dataFolder);
  await first.stop();
  const { runAs } = await findPlace(dataFolder);
  const other = spawn('sleep', ['60'], { ...credentials(runAs), cwd: '/', stdio: 'ignore' });
  cleanUps.push(async () => other.kill());
  for (const pid of [other.pid, 4_194_304]) {
    const text = `${pid}\n${first.folder}/data\n1700000000\n${first.port}\n\n127.0.0.1\n  1 2\nready   \n`;
    await writeFile(join(first.folder, 'data', 'postmaster.pid'), text);
    const server = await start(dataFolder);
    expect(await query(server.adminUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await server.stop();
  }
  expect(other.exitCode ?? other.signalCode).toBeNull();
});

test('Ctrl-C reaches the program and not its database, which still answers while the program drains', async () => {
  const program = await startProgram(await newDataFolder(), 'stay');
  process.kill(-(program.process.pid ?? NaN), 'SIGINT'); // as the terminal does: the whole group
  expect(JSON.parse(await nextLine(program.lines))).toEqual({ drained: 42 });
  expect(JSON.parse(await nextLine(program.lines))).toEqual({ stopped: true });
  await ended(program.process);
  expect(await findProcess(program.pid)).toBeUndefined();
});
