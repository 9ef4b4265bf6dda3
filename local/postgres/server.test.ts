import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { findPackagedBinaries, prepareBinaries } from './binaries.js';
import { launch } from './launch.js';
import { findPlace, movedFolder } from './place.js';
import { findFreePort } from './port.js';
import { findProcess, isGoneWithin } from './processes.js';
import { startPostgres, type PostgresOptions, type PostgresServer } from './server.js';
import { credentials, findServiceUser, isRoot } from './user.js';

const here = dirname(fileURLToPath(import.meta.url));
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A folder that everybody may enter, gone after the test. */
async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hanse-postgres-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, 0o755);
  return folder;
}

async function newDataFolder(): Promise<string> {
  return join(await openFolder(), 'postgres');
}

async function start(dataFolder: string, options: Partial<PostgresOptions> = {}): Promise<PostgresServer> {
  const server = await startPostgres({ dataFolder, durable: false, ...options });
  cleanUps.push(() => server.stop());
  return server;
}

async function query(adminUrl: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

interface Program {
  process: ChildProcess;
  lines: AsyncIterator<string>;
  adminUrl: string;
  pid: number;
  folder: string;
}

function spawnProgram(
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

async function startProgram(...args: Parameters<typeof spawnProgram>): Promise<Program> {
  const program = spawnProgram(...args);
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const started = JSON.parse(await nextLine(lines)) as { adminUrl: string; pid: number; folder: string };
  cleanUps.push(async () => {
    program.kill('SIGKILL');
    await isGoneWithin(started.pid, 10_000); // its watcher ends it
  });
  return { process: program, lines, ...started };
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the program ended without a word');
  return value;
}

async function ended(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  await new Promise((resolve) => program.once('exit', resolve));
}

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(2)) if (await isSo()) return;
  throw new Error('not so after 20 s');
}

test('the first start makes a UTF-8 database that listens on 127.0.0.1 only and asks for its password', async () => {
  const messages: string[] = [];
  const onProgress = (message: string): void => void messages.push(message);
  const server = await start(await newDataFolder(), { durable: true, onProgress });

  expect(server.port).toBeLessThan(32_768);
  const [row] = await query(
    server.adminUrl,
    `SELECT current_setting('server_encoding') AS encoding, datlocprovider AS provider, datlocale AS locale,
      current_setting('server_version_num')::int / 10000 AS major, lower('ÄÖ') AS lower,
      current_setting('listen_addresses') AS listens, current_setting('unix_socket_directories') AS sockets,
      current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('shared_buffers') AS buffers, current_setting('max_connections') AS connections
      FROM pg_database WHERE datname = current_database()`,
  );
  expect(row).toEqual({
    encoding: 'UTF8',
    provider: 'b',
    locale: 'C.UTF-8',
    major: 18,
    lower: 'äö',
    listens: '127.0.0.1',
    sockets: '',
    fsync: 'on',
    commit: 'on',
    buffers: '128MB',
    connections: '100',
  });
  const methods = await query(
    server.adminUrl,
    'SELECT DISTINCT auth_method AS method FROM pg_hba_file_rules',
  );
  expect(methods).toEqual([{ method: 'scram-sha-256' }]);
  const wrong = new URL(server.adminUrl);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect((await stat(join(server.folder, 'password'))).mode & 0o777).toBe(0o600);
  expect(messages.map((message) => message.split(' ')[0])).toEqual(['initialising', 'starting']);
});

test('a later start is quick and finds the data', async () => {
  const dataFolder = await newDataFolder();
  const first = await start(dataFolder);
  await query(first.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();
  await first.exited;
  expect(await findProcess(first.pid)).toBeUndefined();

  const began = performance.now();
  const second = await start(dataFolder, { durable: true });
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(await query(second.adminUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('a server for tests does not wait for the disk, and settings of the caller win', async () => {
  const server = await start(await newDataFolder(), { durable: false, settings: { max_connections: '33' } });
  const [row] = await query(
    server.adminUrl,
    `SELECT current_setting('fsync') AS f, current_setting('full_page_writes') AS p,
      current_setting('synchronous_commit') AS c, current_setting('max_connections') AS n`,
  );
  expect(row).toEqual({ f: 'off', p: 'off', c: 'off', n: '33' });
});

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

test('a taken port is named with a way out, and the folder is free again afterwards', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
  const { port } = other.address() as AddressInfo;
  const dataFolder = await newDataFolder();

  await expect(startPostgres({ dataFolder, port })).rejects.toMatchObject({
    name: 'PostgresStartError',
    code: 'PORT_TAKEN',
    message: expect.stringMatching(new RegExp(`^Port ${port} is taken.*POSTGRES_PORT`)),
  });
  const free = await findFreePort();
  expect((await start(dataFolder, { port: free })).port).toBe(free);
});

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

test('data of another major version is left alone', async () => {
  const dataFolder = await newDataFolder();
  const first = await start(dataFolder);
  await first.stop();
  await writeFile(join(first.folder, 'data', 'PG_VERSION'), '17\n');
  await expect(startPostgres({ dataFolder })).rejects.toMatchObject({
    code: 'WRONG_VERSION',
    message: expect.stringMatching(/is of PostgreSQL 17, and this is PostgreSQL 18\. Move the folder away/),
  });
  await writeFile(join(first.folder, 'data', 'PG_VERSION'), '18\n');
  await start(dataFolder);
});

test('a start that PostgreSQL refuses tells its last words', async () => {
  const dataFolder = await newDataFolder();
  await expect(startPostgres({ dataFolder, settings: { shared_buffers: 'much' } })).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringMatching(/postgres\.log[^]*invalid value for parameter "shared_buffers": "much"/),
  });
  await start(dataFolder);
});

test('a start that was killed while it made the database is made anew', async () => {
  const dataFolder = await newDataFolder();
  const program = spawnProgram(dataFolder);
  const names = (): Promise<string[]> => readdir(dataFolder).catch(() => []);
  await waitUntil(async () => (await names()).some((name) => name.startsWith('unfinished-')));
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
  expect(await isGoneWithin(leaving.pid, 10_000)).toBe(true);

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
  await sleep(200);
  killed.process.kill('SIGKILL');
  const next = await start(dataFolder);
  await writing;
  expect(next.pid).not.toBe(killed.pid);
  expect(acknowledged).toBeGreaterThan(5);
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
