/** Inventory alone, to reserve stock through its door: in this process, or in another over HTTP. */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { DatabaseUrls } from '../subgraphs/shared/database-urls.js';
import { createBus } from '../subgraphs/shared/bus.js';
import { serviceCaller, type Caller } from '../subgraphs/shared/caller.js';
import { systemClock } from '../subgraphs/shared/clock.js';
import { readConfig } from '../subgraphs/shared/config.js';
import { createWake } from '../subgraphs/shared/events/wake.js';
import { createRemote } from '../subgraphs/shared/http/remote.js';
import { createSigner } from '../subgraphs/shared/http/signature.js';
import { newId } from '../subgraphs/shared/ids.js';
import { createLive } from '../subgraphs/shared/live.js';
import { createLog } from '../subgraphs/shared/log.js';
import type { Subgraph } from '../subgraphs/shared/subgraph.js';
import { loadSubgraph } from '../subgraphs/load.js';
import { plainEnvironment, showErrors } from './program.js';
import { serverOptions } from '../local/node-options.js';

export interface Line {
  variantId: string;
  quantity: number;
}

export interface Reserver {
  name: string;
  /** The process that decides; this one's where it is in it. */
  pid: number;
  /** Whether it got all of it; throws on anything else than a decision. */
  reserve(lines: readonly Line[]): Promise<boolean>;
  /** New articles of which there are so many each. */
  stockUp(count: number, quantity: number): Promise<string[]>;
  stop(): Promise<void>;
}

export interface ReserverOptions {
  urls: DatabaseUrls;
  masterKey: Buffer;
  dataFolder: string;
}

type Execute = Subgraph['execute'];

const holdMs = 3_600_000;
const staff: Caller = {
  claims: { kind: 'user', sub: newId(), sid: newId(), roles: ['customer', 'warehouse'] },
  headers: {},
  correlationId: 'bench',
};
const orders = serviceCaller('orders', 'bench');

/** As orders asks (subgraphs/orders/operations/inventory.graphql). */
const reserveStock = `mutation ReserveStock($input: ReserveStockInput!) {
  reserveStock(input: $input) { status shortages { variantId } userErrors { code message } }
}`;

async function ask<T>(execute: Execute, caller: Caller, query: string, input: object): Promise<T> {
  const { data, errors } = await execute({ query, variables: { input }, caller });
  if (errors?.[0]) throw errors[0];
  const [payload] = Object.values(data ?? {}) as (T & { userErrors: { message: string }[] })[];
  if (!payload) throw new Error('There is no answer.');
  if (payload.userErrors[0]) throw new Error(payload.userErrors[0].message);
  return payload;
}

const reserverOf = (name: string, pid: number, execute: Execute, stop: () => Promise<void>): Reserver => ({
  name,
  pid,
  stop,
  reserve: async (lines) => {
    const holdUntil = new Date(Date.now() + holdMs).toISOString();
    const input = { orderId: newId(), customerId: newId(), holdUntil, lines };
    const { status } = await ask<{ status: string }>(execute, orders, reserveStock, input);
    return status === 'RESERVED';
  },
  stockUp: async (count, quantity) => {
    const { warehouse } = await ask<{ warehouse: { id: string } }>(
      execute,
      staff,
      'mutation ($input: CreateWarehouseInput!) { createWarehouse(input: $input) { warehouse { id } userErrors { message } } }',
      {
        idempotencyKey: randomUUID(),
        code: `BENCH-${randomUUID().slice(0, 8)}`,
        name: 'Bench',
        address: { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
      },
    );
    const quantities = Array.from({ length: count }, () => ({
      variantId: newId(),
      warehouseId: warehouse.id,
      quantity,
    }));
    await ask(
      execute,
      staff,
      'mutation ($input: SetInventoryQuantitiesInput!) { setInventoryQuantities(input: $input) { userErrors { message } } }',
      { idempotencyKey: randomUUID(), reason: 'Opening stock', quantities },
    );
    return quantities.map(({ variantId }) => variantId);
  },
});

/** In this process, as where Hanse is all in one. */
export async function startInside({ urls, masterKey, dataFolder }: ReserverOptions): Promise<Reserver> {
  const config = readConfig({ HANSE_DATA: dataFolder, LOG_LEVEL: 'error' });
  const log = createLog('error', 'inventory');
  const bus = createBus({ redisUrl: undefined, prefix: config.prefix, log });
  const create = await loadSubgraph('inventory');
  const inventory = await create({
    config: { ...config, masterKey },
    log,
    clock: systemClock,
    newId,
    live: createLive(bus),
    wake: createWake(bus, () => undefined),
    databaseUrl: (name) => urls[name],
    doorTo: (name) => {
      throw new Error(`${name} does not run here.`);
    },
  });
  await inventory.start();
  return reserverOf('in process', process.pid, inventory.execute, async () => {
    await inventory.stop();
    await bus.close();
  });
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** As a process of its own, as where Hanse is distributed. */
export async function startOutside(
  { urls, masterKey, dataFolder }: ReserverOptions,
  redisUrl: string,
): Promise<Reserver> {
  const keys = `local:${randomBytes(32).toString('base64')}`;
  const child = spawn(
    process.execPath,
    [...serverOptions, '--import', 'tsx', 'subgraphs/main.ts', 'inventory'],
    {
      cwd: root,
      env: {
        ...plainEnvironment(),
        HANSE_DATA: dataFolder,
        HANSE_MASTER_KEY: masterKey.toString('base64'),
        HANSE_SERVICE_KEYS: keys,
        HANSE_PREFIX: `hanse-bench-${process.pid}`,
        INVENTORY_DATABASE_URL: urls.inventory,
        REDIS_URL: redisUrl,
        LOG_LEVEL: 'error',
        PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let output = '';
  const origin = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      const text = chunk.toString();
      for (const line of text.split('\n')) showErrors('inventory', line);
      output = (output + text).slice(-10_000);
      const [, address] = /is up after .* on (\S+:\d+)\./.exec(output) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(() => reject(new Error(`Inventory ended before it was up:\n${output}`)));
  });
  const { serviceKeys } = readConfig({ HANSE_SERVICE_KEYS: keys });
  const remote = createRemote({
    name: 'inventory',
    origins: [origin],
    sign: createSigner(serviceKeys, systemClock),
    log: createLog('error', 'bench'),
  });
  return reserverOf('over HTTP', child.pid ?? 0, remote.execute, async () => {
    await remote.close();
    child.kill('SIGTERM');
    await ended;
  });
}
