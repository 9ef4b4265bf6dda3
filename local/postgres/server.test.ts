import { stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findFreePort } from './port.js';
import { findProcess } from './processes.js';
import { startPostgres } from './server.js';
import { cleanUps, newDataFolder, query, start } from './testing.js';

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

test('a later start makes nothing anew and finds the data', async () => {
  const dataFolder = await newDataFolder();
  const first = await start(dataFolder);
  await query(first.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();
  await first.exited;
  expect(await findProcess(first.pid)).toBeUndefined();

  const messages: string[] = [];
  const onProgress = (message: string): void => void messages.push(message);
  const second = await start(dataFolder, { durable: true, onProgress });
  expect(messages.map((message) => message.split(' ')[0])).toEqual(['starting']);
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

test('a start that PostgreSQL refuses tells its last words', async () => {
  const dataFolder = await newDataFolder();
  await expect(startPostgres({ dataFolder, settings: { shared_buffers: 'much' } })).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringMatching(/postgres\.log[^]*invalid value for parameter "shared_buffers": "much"/),
  });
  await start(dataFolder);
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
