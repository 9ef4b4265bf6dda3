/** The Redis that separate processes need: somebody's own, or redis-server on the PATH for the time of the measurement. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findFreePort } from '../local/postgres/port.js';
import { UsageError } from './options.js';

export interface BenchRedis {
  url: string;
  version: string;
  stop(): Promise<void>;
}

async function versionOf(url: string): Promise<string> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined); // said by connect() as well
  try {
    await redis.connect();
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown';
  } finally {
    redis.disconnect();
  }
}

/** Undefined where there is none to be had; throws UsageError where the given one does not answer. */
export async function findRedis(given: string | undefined): Promise<BenchRedis | undefined> {
  if (given) {
    const version = await versionOf(given).catch(() => {
      throw new UsageError(
        `No Redis answers at REDIS_URL (${new URL(given).host}): start it, or unset REDIS_URL.`,
      );
    });
    return { url: given, version, stop: async () => undefined };
  }
  const port = await findFreePort();
  const server = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => {
    server.once('error', () => resolve());
    server.once('exit', () => resolve());
  });
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
  };
  const url = `redis://127.0.0.1:${port}`;
  for (let i = 0; server.pid !== undefined && server.exitCode === null && i < 100; i += 1) {
    const version = await versionOf(url).catch(() => undefined);
    if (version !== undefined) return { url, version, stop };
    await sleep(50);
  }
  if (server.pid !== undefined) await stop();
  return undefined;
}
