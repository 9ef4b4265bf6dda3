/** One operation of a shop that runs: load for a time, and what it cost the processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asker } from './ask.js';
import { runLoad, type Load } from './load.js';
import type { Operation } from './operations.js';
import type { BenchShop, Usage } from './shop.js';

export interface Measured {
  operation: string;
  clients: number;
  load: Load;
  /** Of one operation and of all that follows from it: events, mails, search. */
  statements: number;
  /** CPU milliseconds of one, of all processes of Hanse and of each by name. */
  server: number;
  servers: Record<string, number>;
  postgres: number;
  /** Bytes of the answers to one. */
  bytes: number;
}

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
const total = ({ servers, postgres }: Usage): number => sum(Object.values(servers)) + postgres;

export interface Idle {
  /** CPU milliseconds and statements a second, of a shop that nobody asks anything. */
  server: number;
  postgres: number;
  statements: number;
}

const idleSeconds = 2;

export async function measureIdle(shop: BenchShop): Promise<Idle> {
  const before = await shop.usage();
  await sleep(idleSeconds * 1_000);
  const after = await shop.usage();
  const rate = (of: (usage: Usage) => number): number => (of(after) - of(before)) / idleSeconds;
  return {
    server: rate(({ servers }) => sum(Object.values(servers))),
    postgres: rate(({ postgres }) => postgres),
    statements: rate(({ statements }) => statements),
  };
}

const lookMs = 200;
const quietWithinMs = 15_000;

/** Waits until the shop does hardly more than an idle one: what an operation causes afterwards is its cost, not the next one's. */
async function untilQuiet(shop: BenchShop, idle: Idle): Promise<void> {
  const most = ((idle.server + idle.postgres) * 1.5 * lookMs) / 1_000 + 20;
  let before = await shop.usage();
  for (let waited = 0; waited < quietWithinMs; waited += lookMs) {
    await sleep(lookMs);
    const after = await shop.usage();
    if (total(after) - total(before) <= most) return;
    before = after;
  }
}

/** Prepares, warms up, measures; the cost is taken when all that follows is done. */
export async function measureOperation(
  shop: BenchShop,
  asker: Asker,
  { name, prepare, work }: Operation,
  { clients, seconds, idle }: { clients: number; seconds: number; idle: Idle },
): Promise<Measured> {
  await prepare?.(clients);
  await runLoad({ clients, seconds: seconds / 5, work });
  await untilQuiet(shop, idle);
  const before = await shop.usage();
  const received = asker.received();
  const load = await runLoad({ clients, seconds, work });
  const bytes = (asker.received() - received) / load.operations;
  await untilQuiet(shop, idle);
  const after = await shop.usage();
  const each = (of: (usage: Usage) => number): number => (of(after) - of(before)) / load.operations;
  const servers = Object.fromEntries(
    Object.keys(after.servers).map((process) => [process, each((usage) => usage.servers[process] ?? NaN)]),
  );
  return {
    operation: name,
    clients,
    load,
    statements: each(({ statements }) => statements),
    server: sum(Object.values(servers)),
    servers,
    postgres: each(({ postgres }) => postgres),
    bytes,
  };
}
