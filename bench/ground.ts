/** What every table about a shop begins with: PostgreSQL, a filled database, a copy for separate processes, a Redis. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAsker } from './ask.js';
import { fillShop } from './catalogue.js';
import { UsageError, type Mode, type Options } from './options.js';
import { startBenchPostgres } from './postgres.js';
import { findRedis, type BenchRedis } from './redis.js';
import {
  filledDatabase,
  startAllInOne,
  startSeparate,
  type BenchShop,
  type ShopOptions,
  type ShopPlace,
} from './shop.js';
import type { Stops } from './stops.js';

export type Say = (text: string) => void;

export interface Ground {
  place: ShopPlace;
  redis: BenchRedis | undefined;
  /** Those of the options that can be measured here. */
  modes: readonly Mode[];
  /** The name of a mode's database. */
  databaseOf(mode: Mode): string;
  /** Starts a shop on the mode's database. */
  start(mode: Mode, options?: ShopOptions): Promise<BenchShop>;
}

/** Of npm start's demonstration data (local/demo/demo.ts). */
export const admin = { email: 'admin@hanse.example', password: 'fair-wind-and-following-seas' };

async function fill(place: ShopPlace, products: number, stops: Stops, say: Say): Promise<void> {
  say('starting an empty shop');
  const shop = await startAllInOne(place);
  const stop = stops.add(shop.stop);
  say(`filling it with ${products} products`);
  const asker = createAsker(shop.url, 8);
  await fillShop(asker, admin, products);
  await asker.close();
  await stop();
}

/** The Redis of separate processes; undefined where none is wanted, or none is there and it can be left out. */
export async function redisFor(options: Options, stops: Stops, say: Say): Promise<BenchRedis | undefined> {
  if (!options.modes.includes('separate')) return undefined;
  const redis = await findRedis(process.env['REDIS_URL']);
  if (redis) stops.add(redis.stop);
  else if (options.modes.includes('one'))
    say('separate processes are left out: no Redis (--help tells more)');
  else
    throw new UsageError(
      'Separate processes need a Redis: set REDIS_URL=redis://127.0.0.1:6379, install redis-server, or use --mode one.',
    );
  return redis;
}

/** Makes all of it; what has started is given to `stops`. */
export async function prepareGround(options: Options, stops: Stops, say: Say): Promise<Ground> {
  const redis = await redisFor(options, stops, say);
  const folder = await mkdtemp(join(tmpdir(), 'hanse-bench-'));
  stops.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, 0o755); // PostgreSQL's user passes through where we are root
  say('starting PostgreSQL');
  const postgres = await startBenchPostgres(folder);
  stops.add(postgres.stop);
  const place: ShopPlace = { folder, masterKey: randomBytes(32), postgres };
  await fill(place, options.products, stops, say);
  // Before any mode is measured: all begin with the same data.
  const copy = `${filledDatabase}_separate`;
  if (redis) await postgres.copyDatabase(filledDatabase, copy);
  const databaseOf = (mode: Mode): string => (mode === 'one' ? filledDatabase : copy);
  return {
    place,
    redis,
    modes: options.modes.filter((mode) => mode === 'one' || redis),
    databaseOf,
    start: (mode, shop) =>
      mode === 'one' || !redis
        ? startAllInOne(place, shop)
        : startSeparate(place, databaseOf(mode), redis.url, shop),
  };
}
