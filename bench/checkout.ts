/** `npm run bench -- checkout`: whole guest checkouts through the gateway, as a whole and step by step. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { countRequests } from './alone.js';
import { createAsker } from './ask.js';
import { readCatalogue } from './catalogue.js';
import { checkAfterwards } from './afterwards.js';
import { checkOut, createStepOperations, stepNames, type StepName } from './checkout-steps.js';
import { prepareGround, type Ground, type Say } from './ground.js';
import { runLoad, type Load } from './load.js';
import {
  beyondIdle,
  measureIdle,
  measureOperation,
  untilQuiet,
  usedPer,
  watchOthers,
  type Measured,
} from './measure.js';
import { clientsFor, secondsFor, type Mode, type Options } from './options.js';
import type { Statement } from './postgres.js';
import { readProfile, summarise, type ProfileSummary } from './profile.js';
import type { BenchShop, Usage } from './shop.js';
import { createSteps } from './steps.js';
import type { Stops } from './stops.js';

/** Two different ones, as in the comparison with other shops. */
const articles = 2;

export interface Whole {
  clients: number;
  load: Load;
  /** Milliseconds that the clients waited in each step, ascending. */
  latencies: Record<StepName, number[]>;
  /** Of one checkout and of all that follows from it. */
  used: Usage;
  /** What took Postgres longest, of all checkouts. */
  statements: Statement[];
  /** By process; empty where none was asked for. */
  profiles: Record<string, ProfileSummary>;
  /** Each step alone, by as many clients. */
  steps: Measured[];
}

export interface CheckoutMode {
  mode: Mode;
  idle: Usage;
  /** Statements of the requests without what follows, by step. */
  alone: Record<string, number>;
  wholes: Whole[];
  others: number;
  /** What does not hold afterwards; empty where all does. */
  violations: string[];
}

export interface Checkout {
  postgres: string;
  redis: string | undefined;
  products: number;
  seconds: number;
  modes: CheckoutMode[];
}

interface Timing {
  clients: number;
  seconds: number;
  /** Done at least, however long it takes. */
  least: number;
}

/** Checkouts after which code is compiled and plans are made. */
const warmUpCheckouts = 300;
const leastCheckouts = 100;

type Timed = Pick<Whole, 'load' | 'latencies'>;

/** Whole checkouts in a closed loop. */
async function runCheckouts(shop: BenchShop, { clients, seconds, least }: Timing): Promise<Timed> {
  const asker = createAsker(shop.url, clients);
  const steps = createSteps(asker, (await readCatalogue(asker)).variantIds);
  const latencies = Object.fromEntries(stepNames.map((name) => [name, []])) as unknown as Timed['latencies'];
  const once = (): Promise<void> =>
    checkOut(steps, articles, async (name, step) => {
      const asked = performance.now();
      const made = await step();
      latencies[name].push(performance.now() - asked);
      return made;
    });
  const load = await runLoad({ clients, seconds, least, work: () => once });
  for (const values of Object.values(latencies)) values.sort((a, b) => a - b);
  await asker.close();
  return { load, latencies };
}

async function summaries(files: ReadonlyMap<string, string>): Promise<Whole['profiles']> {
  const found: Whole['profiles'] = {};
  for (const [name, file] of files) found[name] = summarise(await readProfile(file));
  return found;
}

async function measureWhole(
  shop: BenchShop,
  ground: Ground,
  timing: Timing,
  idle: Usage,
  label: string,
): Promise<Omit<Whole, 'steps'>> {
  const { postgres } = ground.place;
  await untilQuiet(shop, idle);
  await postgres.takeStatements(0);
  await shop.profile?.begin();
  const began = performance.now();
  const before = await shop.usage();
  const timed = await runCheckouts(shop, timing);
  await untilQuiet(shop, idle);
  const after = await shop.usage();
  const { operations } = timed.load;
  const took = (performance.now() - began) / 1_000 / operations;
  const used = beyondIdle(usedPer(before, after, operations), idle, took);
  const profiles = await summaries((await shop.profile?.end(label)) ?? new Map());
  return {
    clients: timing.clients,
    ...timed,
    used,
    profiles,
    statements: await postgres.takeStatements(1_000),
  };
}

async function measureSteps(shop: BenchShop, timing: Timing, idle: Usage, say: Say): Promise<Measured[]> {
  const asker = createAsker(shop.url, timing.clients);
  const { variantIds } = await readCatalogue(asker);
  const { operations, finish } = createStepOperations(createSteps(asker, variantIds), articles);
  const rows: Measured[] = [];
  for (const operation of operations) {
    say(operation.name);
    rows.push(await measureOperation(shop, asker, operation, { ...timing, idle }));
  }
  await finish();
  await asker.close();
  return rows;
}

async function measureMode(
  mode: Mode,
  shop: BenchShop,
  ground: Ground,
  options: Options,
  say: Say,
): Promise<Omit<CheckoutMode, 'alone'>> {
  const [counts, seconds] = [clientsFor(options, 'checkout'), secondsFor(options, 'checkout')];
  const since = await ground.place.postgres.now();
  const othersSoFar = watchOthers(shop);
  say(`${mode}: warming up`);
  await runCheckouts(shop, { clients: Math.max(...counts), seconds: seconds / 2, least: warmUpCheckouts });
  say(`${mode}: resting`);
  const idle = await measureIdle(shop);
  const wholes: Whole[] = [];
  for (const clients of counts) {
    const label = `${mode}-${clients}`;
    const name = `${mode}, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
    say(`${name}: whole checkouts`);
    const whole = await measureWhole(shop, ground, { clients, seconds, least: leastCheckouts }, idle, label);
    const timing = { clients, seconds: seconds / 2, least: leastCheckouts };
    const steps = await measureSteps(shop, timing, idle, (step) => say(`${name}: ${step}`));
    wholes.push({ ...whole, steps });
  }
  const others = othersSoFar();
  say(`${mode}: checking what is left`);
  await untilQuiet(shop, idle);
  const violations = await checkAfterwards(ground.place.postgres.url(ground.databaseOf(mode)), since);
  return { mode, idle, wholes, others, violations };
}

/** Measures mode after mode; `onPart` is given what there is after each, so that an end before the last loses no table. */
export async function measureCheckout(
  options: Options,
  stops: Stops,
  say: Say,
  onPart: (checkout: Checkout) => void,
): Promise<Checkout> {
  const profile = options.profile === undefined ? undefined : resolve(options.profile);
  if (profile !== undefined) await mkdir(profile, { recursive: true });
  const ground = await prepareGround(options, stops, say);
  const { place, redis, modes } = ground;
  const checkout: Checkout = {
    postgres: place.postgres.version,
    redis: redis?.version,
    products: options.products,
    seconds: secondsFor(options, 'checkout'),
    modes: [],
  };
  say('counting the statements of requests');
  const alone = await countRequests(place, articles);
  for (const mode of modes) {
    say(`${mode}: starting`);
    const shop = await ground.start(mode, { sandboxApart: true, profile });
    const stop = stops.add(shop.stop);
    checkout.modes.push({ ...(await measureMode(mode, shop, ground, options, say)), alone });
    onPart(checkout);
    await stop();
  }
  return checkout;
}
