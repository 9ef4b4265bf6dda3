// Redis 7 from Debian, in memory only.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, startServer, waitUntil } from './server.mjs';

/** @type {import('./list.mjs').Part} */
export const redis = {
  name: 'Redis 7',
  variable: 'REDIS_URL',
  needs: () => [
    { program: '/usr/bin/redis-server', package: 'redis-server' },
    { program: '/usr/bin/redis-cli', package: 'redis-tools' },
  ],
  start: async (folder) => {
    const port = await freePort();
    const server = startServer({
      command: [
        ...['/usr/bin/redis-server', '--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
        ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
      ],
      folder,
      log: path.join(folder, 'log'),
      user: 'nobody',
      stopSignal: 'SIGTERM',
    });
    const ready = async () => {
      const { stdout } = await promisify(execFile)('/usr/bin/redis-cli', [
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        'ping',
      ]);
      return stdout.trim() === 'PONG';
    };
    return { server, ready: () => waitUntil(server, ready, 30), url: `redis://127.0.0.1:${port}` };
  },
};
