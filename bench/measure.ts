/** One operation of a shop that runs: load for a time, and what it cost the processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asker } from './ask.js';
import { cpuOfMachine } from './cpu.js';
import { runLoad, type Load } from './load.js';
import type { Operation } from './operations.js';
import type { BenchShop, Cpu, Usage } from './shop.js';

export interface Measured {
  operation: string;
  clients: number;
  load: Load;
  /** Of one operation and of all that follows from it: events, mails. */
  statements: number;
  /** CPU milliseconds of one, of all processes of Hanse and of each by name. */
  server: number;
  servers: Record<string, number>;
  postgres: number;
  /** Bytes of the answers to one. */
  bytes: number;
}

export const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** Milliseconds of all together. */
export const totalOf = ({ servers, postgres }: Cpu): number => sum(Object.values(servers)) + postgres;

/** CPU milliseconds of this program, the load generator. */
const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Begins to watch; the result tells how many CPUs other programs have kept busy since then. */
export function watchOthers(shop: { cpu(): Cpu }): () => number {
  const ours = (): number => totalOf(shop.cpu()) + ownCpu();
  const began = performance.now();
  const before = { machine: cpuOfMachine(), ours: ours() };
  return () => {
    const busy = cpuOfMachine() - before.machine - (ours() - before.ours);
    return Math.max(0, busy / (performance.now() - began));
  };
}

/** What was used between two moments, divided by how much there was of something. */
export const usedPer = (before: Usage, after: Usage, amount: number): Usage => ({
  servers: Object.fromEntries(
    Object.entries(after.servers).map(([name, ms]) => [name, (ms - (before.servers[name] ?? 0)) / amount]),
  ),
  postgres: (after.postgres - before.postgres) / amount,
  statements: (after.statements - before.statements) / amount,
});

const idleWindows = 6;
const idleSeconds = 2;

/**
 * What a shop uses in a second in which nobody asks anything: it looks for events and timers that are due. The least of
 * several windows, since in the first ones it may still work on what came before, and that is not to be taken off.
 */
export async function measureIdle(shop: BenchShop): Promise<Usage> {
  const windows: Usage[] = [];
  for (let i = 0; i < idleWindows; i += 1) {
    const before = await shop.usage();
    await sleep(idleSeconds * 1_000);
    windows.push(usedPer(before, await shop.usage(), idleSeconds));
  }
  return windows.reduce((least, window) => (totalOf(window) < totalOf(least) ? window : least));
}

const lookMs = 200;
const quietWithinMs = 15_000;

/** Waits until the shop does hardly more than an idle one: what an operation causes afterwards is its cost, not the next one's. */
export async function untilQuiet(shop: BenchShop, idle: Usage): Promise<void> {
  await shop.handled();
  const most = (totalOf(idle) * 1.5 * lookMs) / 1_000 + 20;
  let before = totalOf(shop.cpu());
  for (let waited = 0; waited < quietWithinMs; waited += lookMs) {
    await sleep(lookMs);
    const after = totalOf(shop.cpu());
    if (after - before <= most) return;
    before = after;
  }
}

/** What was used by one, less what an idle shop uses in the seconds that one took of the whole. */
export function beyondIdle(used: Usage, idle: Usage, seconds: number): Usage {
  const beyond = (value: number, idleValue: number): number => Math.max(0, value - idleValue * seconds);
  return {
    servers: Object.fromEntries(
      Object.entries(used.servers).map(([name, ms]) => [name, beyond(ms, idle.servers[name] ?? 0)]),
    ),
    postgres: beyond(used.postgres, idle.postgres),
    statements: beyond(used.statements, idle.statements),
  };
}

/** So that one operation that cannot be measured does not cost the figures of the others. */
const notDone = (operation: string, clients: number, why: string): Measured => ({
  operation,
  clients,
  load: { operations: 0, seconds: 0, latencies: [], errors: new Map([[why, 1]]) },
  statements: NaN,
  server: NaN,
  servers: {},
  postgres: NaN,
  bytes: NaN,
});

/** Prepares, warms up, measures; the cost is taken when all that follows is done, less what an idle shop uses in that time. */
export async function measureOperation(
  shop: BenchShop,
  asker: Asker,
  { name, prepare, work }: Operation,
  { clients, seconds, idle, least = 0 }: { clients: number; seconds: number; idle: Usage; least?: number },
): Promise<Measured> {
  try {
    await prepare?.(clients);
  } catch (error) {
    return notDone(name, clients, `its data could not be made: ${String(error)}`);
  }
  await runLoad({ clients, seconds: seconds / 5, work });
  await untilQuiet(shop, idle);
  const began = performance.now();
  const before = await shop.usage();
  const received = asker.received();
  const load = await runLoad({ clients, seconds, least, work });
  const bytes = (asker.received() - received) / load.operations;
  await untilQuiet(shop, idle);
  const after = await shop.usage();
  const tookSeconds = (performance.now() - began) / 1_000;
  const used = beyondIdle(usedPer(before, after, load.operations), idle, tookSeconds / load.operations);
  return { operation: name, clients, load, ...used, server: sum(Object.values(used.servers)), bytes };
}
