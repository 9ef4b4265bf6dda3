/** The whole shop as separate processes, as built for production, with a PostgreSQL and a Redis of its own. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCarrierSandbox, type CarrierSandbox } from '../../local/carrier/server.js';
import { startProcesses, type Processes } from '../../local/processes.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import { closeRemotes, createRemotes } from '../../subgraphs/shared/http/separate.js';
import { createLog } from '../../subgraphs/shared/log.js';
import type { Stops } from '../../subgraphs/shared/program.js';
import { buildTo, type SourceChange } from '../build.js';
import { movableClock, openClock, type ShopClock } from './clock.js';
import { startDatabase, type OwnDatabase } from './database.js';
import { startRedis, type OwnRedis } from './redis.js';
import { setAsideUrl } from './visit.js';

export const staffAccount = { email: 'admin@staff.example', password: 'correct horse battery staple' };

/** One shop both takes money at once and sets it aside: what a customer's return URL says, in PAYMENT_CAPTURE's place. */
export const setsAsideByReturnUrl: readonly SourceChange[] = [
  {
    file: 'subgraphs/orders/payment/service.ts',
    find: 'captureMethod: ctx.config.orders.captureMethod,',
    put: `captureMethod: input.returnUrl === '${setAsideUrl}' ? 'MANUAL' : ctx.config.orders.captureMethod,`,
  },
];

export interface ChaosShop {
  /** Of the gateway, `/graphql` included. */
  url: string;
  clock: ShopClock;
  database: OwnDatabase;
  redis: OwnRedis;
  processes: Processes;
  /** Loses requests and answers, and is never killed. */
  carrier: CarrierSandbox;
  /** The payment sandbox. */
  stripe: { url: string; secretKey: string };
}

export interface ChaosShopOptions {
  changes: readonly SourceChange[];
  /** What the payment sandbox does wrong: local/stripe/chaos.ts. */
  provider: object;
  carrierSeed: number;
  /** Gets what ends the shop, in order. */
  stops: Stops;
  onProgress: (line: string) => void;
  /** What a process says, line by line. */
  onLine?: (process: string, line: string) => void;
}

/** The first member of staff, made by users itself: a shop without demonstration data has none. */
async function createStaff(processes: Processes, clock: ShopClock): Promise<void> {
  const remotes = createRemotes(readConfig(processes.env), clock.now, createLog('silent', 'chaos'));
  try {
    const { errors } = await remotes.users.execute({
      query: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { userErrors { message } } }',
      variables: {
        input: { ...staffAccount, username: 'admin', firstName: 'Ada', lastName: 'Min', roles: ['ADMIN'] },
      },
      caller: { claims: { kind: 'service', sub: 'chaos' }, headers: {}, correlationId: 'chaos' },
    });
    if (errors?.[0]) throw errors[0];
  } finally {
    await closeRemotes(remotes);
  }
}

/** Starts it all; `stops` ends what was started also where this throws. */
export async function startChaosShop(options: ChaosShopOptions): Promise<ChaosShop> {
  const { stops, onProgress, onLine } = options;
  const folder = mkdtempSync(join(tmpdir(), 'hanse-chaos-'));
  chmodSync(folder, 0o755); // PostgreSQL's user must get through it when root runs this
  stops.push(async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const masterKey = randomBytes(32);
  onProgress('Building');
  // In the checkout, where the packages that are not built in are found.
  const built = fileURLToPath(new URL(`../../.hanse/${basename(folder)}/`, import.meta.url));
  stops.push(async () => rmSync(built, { recursive: true, force: true }));
  await buildTo(built, { changes: [...movableClock, ...setsAsideByReturnUrl, ...options.changes] });
  onProgress('Starting PostgreSQL and Redis');
  const database = await startDatabase(folder, masterKey, () => undefined);
  stops.push(() => database.stop());
  const redis = await startRedis(folder);
  stops.push(() => redis.stop());
  onProgress('Starting the processes');
  const clock = openClock(join(folder, 'clock'));
  const carrier = await startCarrierSandbox({
    ...{ dataFolder: join(folder, 'carrier'), key: 'ck_chaos', clock: clock.now, stepMs: 10 * 60_000 },
    chaos: { failRate: 0.05, loseAnswerRate: 0.1, seed: options.carrierSeed },
  });
  stops.push(() => carrier.stop());
  const processes = await startProcesses({
    databaseUrls: database.urls,
    redisUrl: redis.url,
    masterKey,
    dataFolder: folder,
    built,
    env: {
      ...{ ...clock.env, STRIPE_SANDBOX_CHAOS: JSON.stringify(options.provider), LOG_LEVEL: 'warn' },
      ...{ CARRIER_URL: carrier.url, CARRIER_KEY: 'ck_chaos' },
      // All customers pay with the same test card, which would look as one that was stolen.
      PAYMENT_RULES: '{"risk":{"rules":{"MANY_PAYMENTS_OF_CARD":[]}}}',
    },
    ...(onLine ? { onLine } : {}),
  });
  stops.push(() => processes.stop());
  await createStaff(processes, clock);
  const { STRIPE_API_BASE: stripeUrl = '', STRIPE_SECRET_KEY: secretKey = '' } = processes.env;
  return {
    url: processes.gatewayUrls[0] ?? '',
    ...{ clock, database, redis, carrier, processes },
    stripe: { url: stripeUrl, secretKey },
  };
}
