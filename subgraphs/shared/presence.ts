/**
 * Processes tell each other of changes through Redis. One that has none must be alone on its database: others' changes
 * would reach neither its streams nor its consumers in time, and nobody would see why. So each holds an advisory lock of
 * Postgres, exclusively without Redis and shared with it, which goes with its connection, also after `kill -9`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigError } from './config.js';
import type { Log } from './log.js';

export interface PresenceOptions {
  /** URL of any role of the database. */
  url: string;
  hasRedis: boolean;
  log: Log;
  /** How long to wait for one that is just ending: 3 s unless told. */
  patienceMs?: number;
}

export interface Presence {
  stop(): Promise<void>;
}

const refusal = (hasRedis: boolean): ConfigError =>
  new ConfigError([
    hasRedis
      ? 'a Hanse process that has no REDIS_URL uses this database: end it, or start it anew with this REDIS_URL'
      : 'REDIS_URL is missing, and another Hanse process uses this database: more than one needs Redis. End the other one, or give both the same. Example: REDIS_URL=redis://127.0.0.1:6379',
  ]);

/** A connection that holds the lock; undefined where the lock cannot be had. */
async function lock({ url, hasRedis }: PresenceOptions): Promise<pg.Client | undefined> {
  const client = new pg.Client({ connectionString: url, application_name: 'hanse-presence' });
  // Whether it is lost `end` tells; unheard, an error would end the process.
  client.on('error', () => {});
  await client.connect();
  const held = await client.query<{ held: boolean }>(
    `SELECT pg_try_advisory_lock${hasRedis ? '_shared' : ''}(hashtext('hanse/presence')) AS held`,
  );
  if (held.rows[0]?.held) return client;
  await client.end();
  return undefined;
}

/** Throws a ConfigError where the other processes on this database do not allow this one. */
export async function announcePresence(options: PresenceOptions): Promise<Presence> {
  const { log, hasRedis, patienceMs = 3_000 } = options;
  const stopping = new AbortController();
  let client: pg.Client | undefined;

  /** After a lost connection: the database was away, or is being started anew. */
  function keep(held: pg.Client): void {
    client = held;
    held.once('end', () => void (stopping.signal.aborted || again()));
  }
  async function again(): Promise<void> {
    while (!stopping.signal.aborted) {
      const held = await lock(options).catch(() => undefined);
      if (held) return keep(held);
      log.warn({ hasRedis }, 'this process does not hold its place on the database; it tries again');
      await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const held = await lock(options);
    if (held) {
      keep(held);
      break;
    }
    if (performance.now() > giveUpAt) throw refusal(hasRedis);
    await sleep(100);
  }
  return {
    stop: async () => {
      stopping.abort();
      await client?.end();
    },
  };
}
