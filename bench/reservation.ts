/** `npm run bench -- reservation`: how many requests for stock are decided a second, beside what raw Postgres gives. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { prepareDatabase } from '../tools/database/prepare.js';
import { cpuOfTree } from './cpu.js';
import { redisFor, type Say } from './ground.js';
import { runLoad, type Load } from './load.js';
import { clientsFor, secondsFor, type Options } from './options.js';
import { startBenchPostgres, type BenchPostgres } from './postgres.js';
import { measureRaw, type Raw } from './raw-reservation.js';
import { startInside, startOutside, type Line, type Reserver } from './reserver.js';
import type { Stops } from './stops.js';

/** What is asked for: one unit of the article that all want, or that and up to three of the others. */
const kinds = ['one article', 'one to four articles'] as const;
type Kind = (typeof kinds)[number];

const otherArticles = 49;
const plenty = 1_000_000;

export interface Decided {
  door: string;
  kind: Kind;
  clients: number;
  load: Load;
  /** CPU milliseconds of one: of the process that decides (with the load generator, where it is in it), and of Postgres. */
  server: number;
  postgres: number;
}

export interface Reservation {
  postgres: string;
  redis: string | undefined;
  seconds: number;
  decided: Decided[];
  raw: Raw[];
  /** What does not hold afterwards. */
  violations: string[];
}

interface Timing {
  clients: number;
  seconds: number;
}

interface Goods {
  hot: string;
  others: readonly string[];
}

const one = (variantId: string): Line => ({ variantId, quantity: 1 });

/** Lines of an order; which of the others, and how many, follows from its number. */
export function linesOf(kind: Kind, { hot, others }: Goods, number: number): Line[] {
  if (kind === 'one article') return [one(hot)];
  const more = Array.from({ length: number % 4 }, (_, i) => others[(number * 7 + i * 11) % others.length]);
  return [one(hot), ...more.flatMap((id) => (id === undefined ? [] : [one(id)]))];
}

/** Loads one door; the units of the article that all want which were reserved meanwhile, warm-up included. */
async function measureDoor(
  reserver: Reserver,
  postgres: BenchPostgres,
  kind: Kind,
  { clients, seconds }: Timing,
): Promise<{ decided: Decided; hot: string; reserved: number }> {
  const [hot = '', ...others] = await reserver.stockUp(1 + otherArticles, plenty);
  let number = 0;
  let reserved = 0;
  const work = () => async (): Promise<void> => {
    if (!(await reserver.reserve(linesOf(kind, { hot, others }, number++))))
      throw new Error('It was refused, and there is plenty.');
    reserved += 1;
  };
  await runLoad({ clients, seconds: seconds / 2, work });
  const cpu = () => ({ server: cpuOfTree(reserver.pid), postgres: cpuOfTree(postgres.pid) });
  const before = cpu();
  const load = await runLoad({ clients, seconds, work });
  const after = cpu();
  const each = (total: number): number => total / load.operations;
  return {
    hot,
    reserved,
    decided: {
      ...{ door: reserver.name, kind, clients, load },
      server: each(after.server - before.server),
      postgres: each(after.postgres - before.postgres),
    },
  };
}

/** What the row says and what was answered must be the same number. */
async function checkReserved(databaseUrl: string, hot: string, reserved: number): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ level: number; lines: number }>(
      `SELECT (SELECT sum(reserved)::int FROM inventory.stock_level WHERE variant_id = $1) AS level,
         (SELECT sum(quantity)::int FROM inventory.reservation_line WHERE variant_id = $1) AS lines`,
      [hot],
    );
    const { level = NaN, lines = NaN } = rows[0] ?? {};
    return level === reserved && lines === reserved
      ? []
      : [`${reserved} were told that they have one; ${level} are reserved, for ${lines} in all orders`];
  } finally {
    await client.end();
  }
}

async function startReservers(
  postgres: BenchPostgres,
  folder: string,
  redisUrl: string | undefined,
  stops: Stops,
): Promise<{ reservers: Reserver[]; databaseUrl: string; stopAll: () => Promise<void> }> {
  const masterKey = randomBytes(32);
  const databaseUrl = postgres.url('hanse_reservation');
  const urls = await prepareDatabase({ adminUrl: databaseUrl, masterKey, onProgress: () => undefined });
  const options = { urls, masterKey, dataFolder: join(folder, 'reservation') };
  const reservers = [await startInside(options)];
  if (redisUrl !== undefined) reservers.push(await startOutside(options, redisUrl));
  const ends = reservers.map(({ stop }) => stops.add(stop));
  return { reservers, databaseUrl, stopAll: async () => void (await Promise.all(ends.map((end) => end()))) };
}

export async function measureReservation(options: Options, stops: Stops, say: Say): Promise<Reservation> {
  const [counts, seconds] = [clientsFor(options, 'reservation'), secondsFor(options, 'reservation')];
  const redis = await redisFor(options, stops, say);
  const folder = await mkdtemp(join(tmpdir(), 'hanse-bench-'));
  stops.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, 0o755); // PostgreSQL's user passes through where we are root
  say('starting PostgreSQL');
  const postgres = await startBenchPostgres(folder);
  stops.add(postgres.stop);
  const { reservers, databaseUrl, stopAll } = await startReservers(postgres, folder, redis?.url, stops);
  const found: Reservation = {
    postgres: postgres.version,
    redis: redis?.version,
    seconds,
    decided: [],
    raw: [],
    violations: [],
  };
  for (const clients of counts) {
    say(`raw Postgres, ${clients} callers`);
    found.raw.push(...(await measureRaw(postgres.url('postgres'), { clients, seconds })));
    for (const kind of kinds)
      for (const reserver of reservers) {
        say(`${reserver.name}, ${clients} callers, ${kind}`);
        const measured = await measureDoor(reserver, postgres, kind, { clients, seconds });
        found.decided.push(measured.decided);
        found.violations.push(...(await checkReserved(databaseUrl, measured.hot, measured.reserved)));
      }
  }
  await stopAll();
  return found;
}
