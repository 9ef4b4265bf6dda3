// PostgreSQL 15 from Debian: the oldest version that Hanse supports, and a server that is not the embedded one.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, runAs, startServer, waitUntil } from './server.mjs';

const BIN = '/usr/lib/postgresql/15/bin';
const USER = 'postgres';

/** @type {import('./list.mjs').Part} */
export const postgres = {
  name: 'PostgreSQL 15',
  variable: 'DATABASE_URL',
  needs: () => [{ program: `${BIN}/postgres`, package: 'postgresql-15' }],
  start: async (folder) => {
    const port = await freePort();
    const password = randomBytes(12).toString('hex');
    const data = path.join(folder, 'data');
    const passwordFile = path.join(folder, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    await runAs(
      [
        ...[`${BIN}/initdb`, '--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile],
        ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
      ],
      folder,
      USER,
    );
    rmSync(passwordFile);
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '300',
      // The data is thrown away, so it need not survive a power cut. It does survive kill -9 of the server.
      fsync: 'off',
      full_page_writes: 'off',
    };
    const server = startServer({
      command: [
        `${BIN}/postgres`,
        '-D',
        data,
        ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
      ],
      folder,
      log: path.join(folder, 'log'),
      user: USER,
      stopSignal: 'SIGINT',
    });
    const ready = async () => {
      await promisify(execFile)(`${BIN}/pg_isready`, ['--quiet', '--host=127.0.0.1', `--port=${port}`]);
      return true;
    };
    return {
      server,
      ready: () => waitUntil(server, ready, 60),
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    };
  },
};
