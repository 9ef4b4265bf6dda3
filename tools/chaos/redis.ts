/** A Redis of the run's own, that can be killed. It keeps nothing: after a kill it is as empty as after FLUSHALL. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { findFreePort } from '../../local/postgres/port.js';

export class NoRedis extends Error {
  override readonly name = 'NoRedis';
}

export interface OwnRedis {
  url: string;
  /** `kill -9`, and a new one at the same address; waits until it answers. */
  kill(): Promise<void>;
  flushAll(): Promise<void>;
  stop(): Promise<void>;
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  const child = spawn(
    'redis-server',
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ],
    { stdio: 'ignore' },
  );
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', () =>
      reject(new NoRedis('redis-server is not installed. On Debian: apt-get install redis-server')),
    );
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}.`)));
  });
  failed.catch(() => undefined);
  const ready = async (): Promise<void> => {
    while (!(await answers(`redis://127.0.0.1:${port}`))) await new Promise((next) => setTimeout(next, 20));
  };
  await Promise.race([ready(), failed]);
  return child;
}

/** @throws NoRedis where there is no redis-server on this machine */
export async function startRedis(folder: string): Promise<OwnRedis> {
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await launch(port, folder);
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url,
    kill: async () => {
      await end();
      child = await launch(port, folder);
    },
    flushAll: async () => {
      const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
      client.on('error', () => undefined);
      await client.connect();
      await client.flushall();
      client.disconnect();
    },
    stop: end,
  };
}
