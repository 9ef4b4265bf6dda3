/** `npm run bench -- storefront`: the ten main operations, all in one and in separate processes, beside a control. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAsker } from './ask.js';
import { fillShop, readCatalogue } from './catalogue.js';
import { measureControls, type Controls } from './control.js';
import { cpuOfMachine } from './cpu.js';
import { runLoad } from './load.js';
import { measureIdle, measureOperation, totalOf, type Measured } from './measure.js';
import { createOperations } from './operations.js';
import { UsageError, type Mode, type Options } from './options.js';
import { startBenchPostgres } from './postgres.js';
import { findRedis, type BenchRedis } from './redis.js';
import {
  filledDatabase,
  startAllInOne,
  startSeparate,
  type BenchShop,
  type Memory,
  type ShopPlace,
  type Usage,
} from './shop.js';
import type { Stops } from './stops.js';

export interface ModeResult {
  mode: Mode;
  /** Of a second in which nobody asks anything. */
  idle: Usage;
  rows: Measured[];
  memoryBefore: Memory[];
  memoryAfter: Memory[];
  /** CPUs that other programs kept busy meanwhile: with more than a tenth, latencies say little. */
  others: number;
}

export interface Storefront {
  postgres: string;
  redis: string | undefined;
  products: number;
  seconds: number;
  controls: { clients: number; controls: Controls }[];
  modes: ModeResult[];
}

export type Say = (text: string) => void;

/** Of npm start's demonstration data (local/demo/demo.ts). */
const admin = { email: 'admin@hanse.example', password: 'fair-wind-and-following-seas' };

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

/** CPU milliseconds of this program, the load generator. */
const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Every operation once for a while: compiled code, plans, caches and connections are there when it counts. */
async function warmUp(shop: BenchShop, { clients, seconds }: Options, say: Say): Promise<void> {
  const most = Math.max(...clients);
  const asker = createAsker(shop.url, most);
  for (const { name, prepare, work } of createOperations(asker, await readCatalogue(asker))) {
    say(`warming up: ${name}`);
    // What fails now fails again when it counts, and is reported then.
    await prepare?.(most).catch(() => undefined);
    await runLoad({ clients: most, seconds, work });
  }
  await asker.close();
}

async function measureMode(mode: Mode, shop: BenchShop, options: Options, say: Say): Promise<ModeResult> {
  const { seconds } = options;
  const ours = (): number => totalOf(shop.cpu()) + ownCpu();
  const began = performance.now();
  const before = { machine: cpuOfMachine(), ours: ours() };
  const memoryBefore = await shop.memory();
  await warmUp(shop, options, (text) => say(`${mode}, ${text}`));
  say(`${mode}: resting`);
  const idle = await measureIdle(shop);
  const rows: Measured[] = [];
  for (const clients of options.clients) {
    const asker = createAsker(shop.url, clients);
    const catalogue = await readCatalogue(asker);
    for (const operation of createOperations(asker, catalogue)) {
      say(`${mode}, ${clients} ${clients === 1 ? 'client' : 'clients'}: ${operation.name}`);
      rows.push(await measureOperation(shop, asker, operation, { clients, seconds, idle }));
    }
    await asker.close();
  }
  const busy = cpuOfMachine() - before.machine - (ours() - before.ours);
  const others = Math.max(0, busy / (performance.now() - began));
  return { mode, idle, rows, memoryBefore, memoryAfter: await shop.memory(), others };
}

async function redisFor(options: Options, stops: Stops, say: Say): Promise<BenchRedis | undefined> {
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

/** Measures mode after mode; `onPart` is given what there is after each, so that an end before the last loses no table. */
export async function measureStorefront(
  options: Options,
  stops: Stops,
  say: Say,
  onPart: (storefront: Storefront) => void,
): Promise<Storefront> {
  const { clients, seconds, products } = options;
  const redis = await redisFor(options, stops, say);
  const folder = await mkdtemp(join(tmpdir(), 'hanse-bench-'));
  stops.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, 0o755); // PostgreSQL's user passes through where we are root
  say('starting PostgreSQL');
  const postgres = await startBenchPostgres(folder);
  stops.add(postgres.stop);
  const place: ShopPlace = { folder, masterKey: randomBytes(32), postgres };
  await fill(place, products, stops, say);
  const modes = options.modes.filter((mode) => mode === 'one' || redis);
  // Before any mode is measured: all begin with the same data.
  const copy = `${filledDatabase}_separate`;
  if (redis) await postgres.copyDatabase(filledDatabase, copy);

  const controls: Storefront['controls'] = [];
  for (const count of clients) {
    say(`control, ${count} ${count === 1 ? 'client' : 'clients'}`);
    controls.push({ clients: count, controls: await measureControls(postgres, { clients: count, seconds }) });
  }
  const storefront: Storefront = {
    postgres: postgres.version,
    redis: redis?.version,
    products,
    seconds,
    controls,
    modes: [],
  };
  for (const mode of modes) {
    say(`${mode}: starting`);
    const shop =
      mode === 'one' || !redis ? await startAllInOne(place) : await startSeparate(place, copy, redis.url);
    const stop = stops.add(shop.stop);
    storefront.modes.push(await measureMode(mode, shop, options, say));
    onPart(storefront);
    await stop();
  }
  return storefront;
}
