/**
 * `npm run bench -- flash-sale`: one article of which there are 500, and more guests who want it. Each buys one whole
 * checkout after the other, one unit each, until it is told that there is no more.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { accepted } from '../client/client.js';
import { ProductDocument, ProductsDocument, SignInDocument } from '../client/operations.generated.js';
import { checkAfterwards } from './afterwards.js';
import { createAsker, type Asker } from './ask.js';
import { createArticle, readCatalogue } from './catalogue.js';
import { checkOut } from './checkout-steps.js';
import { admin, prepareGround, type Ground, type Say } from './ground.js';
import { beyondIdle, measureIdle, untilQuiet, usedPer, watchOthers } from './measure.js';
import { clientsFor, type Mode, type Options } from './options.js';
import type { BenchShop, Usage } from './shop.js';
import { createSteps, turns } from './steps.js';
import type { Stops } from './stops.js';

/** People who look at other goods meanwhile, each a page every so many milliseconds. */
const browsers = 4;
const browseEveryMs = 100;
const idleBrowsingSeconds = 5;
const warmUpUnits = 100;
/** What a buyer is told who comes too late: when ordering, and already when adding it to the cart. */
const noMore = /^(INSUFFICIENT_STOCK|QUANTITY_REDUCED):/;

/** What the buyers saw. */
export interface Bought {
  /** Whole checkouts until paid. */
  checkouts: number;
  /** Milliseconds of each, ascending. */
  latencies: number[];
  /** Seconds until the last one was paid. */
  seconds: number;
  /** Buyers who were told that there is no more, by the step in which they were. */
  told: Record<string, number>;
  /** Whatever else they were told, and how often: nobody should be. */
  errors: Map<string, number>;
}

export interface Sale {
  buyers: number;
  bought: Bought;
  /** Units of paid orders, as the database has them; and what it has left on its shelf. */
  sold: number;
  left: number;
  /** Of one unit sold, with all that was told that there is no more, and all that follows. */
  used: Usage;
  /** Milliseconds of the other pages, ascending; empty where nobody looked at them. */
  browsing: number[];
}

export interface SaleMode {
  mode: Mode;
  idle: Usage;
  /** The same pages while nobody buys. */
  idleBrowsing: number[];
  /** Two for each number of buyers: alone, for the cost; and with others browsing, for their latencies. */
  sales: Sale[];
  others: number;
  violations: string[];
}

export interface FlashSale {
  /** Units that there were to sell, each time. */
  stock: number;
  postgres: string;
  redis: string | undefined;
  modes: SaleMode[];
}

/** Everybody buys until it is sold out; throws nothing: what was told is counted. */
export async function buyUntilSoldOut(
  buyers: number,
  buyOne: (around: <T>(name: string, step: () => Promise<T>) => Promise<T>) => Promise<void>,
): Promise<Bought> {
  const latencies: number[] = [];
  const told: Record<string, number> = {};
  const errors = new Map<string, number>();
  const began = performance.now();
  let lastPaid = began;
  const buyer = async (): Promise<void> => {
    for (;;) {
      const asked = performance.now();
      let at = '';
      try {
        await buyOne((name, step) => {
          at = name;
          return step();
        });
        lastPaid = performance.now();
        latencies.push(lastPaid - asked);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (noMore.test(message)) told[at] = (told[at] ?? 0) + 1;
        else errors.set(message, (errors.get(message) ?? 0) + 1);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: buyers }, buyer));
  latencies.sort((a, b) => a - b);
  const seconds = (lastPaid - began) / 1_000;
  return { checkouts: latencies.length, latencies, seconds, told, errors };
}

/** Pages of other goods until told to stop; their milliseconds, ascending. */
function browse(asker: Asker, handles: readonly string[]): () => Promise<number[]> {
  let over = false;
  const nextHandle = turns(handles);
  const latencies: number[] = [];
  const one = async (): Promise<void> => {
    for (let page = 0; !over; page += 1) {
      const asked = performance.now();
      if (page % 2 === 0) await asker.ask(ProductDocument, { handle: nextHandle() });
      else await asker.ask(ProductsDocument, { sort: 'NEWEST', first: 24, after: null });
      latencies.push(performance.now() - asked);
      await sleep(browseEveryMs);
    }
  };
  const all = Promise.all(Array.from({ length: browsers }, one));
  return async () => {
    over = true;
    await all;
    return latencies.sort((a, b) => a - b);
  };
}

interface Units {
  sold: number;
  left: number;
}

async function countUnits(databaseUrl: string, variantId: string): Promise<Units> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Units>(
      `SELECT
         (SELECT coalesce(sum(i.quantity), 0)::int FROM orders.order_item i JOIN orders.orders o ON o.id = i.order_id
          WHERE i.variant_id = $1 AND o.payment_state = 'PAID') AS sold,
         (SELECT sum(on_hand)::int FROM inventory.stock_level WHERE variant_id = $1) AS left`,
      [variantId],
    );
    return rows[0] ?? { sold: NaN, left: NaN };
  } finally {
    await client.end();
  }
}

interface Venue {
  shop: BenchShop;
  databaseUrl: string;
  idle: Usage;
  /** A new article of which there are so many. */
  offer(quantity: number): Promise<string>;
  handles: readonly string[];
}

async function holdSale(
  venue: Venue,
  buyers: number,
  quantity: number,
  withBrowsing: boolean,
): Promise<Sale> {
  const { shop, databaseUrl, idle } = venue;
  const variantId = await venue.offer(quantity);
  await untilQuiet(shop, idle);
  const asker = createAsker(shop.url, buyers);
  const steps = createSteps(asker, [variantId]);
  const others = createAsker(shop.url, browsers);
  const stopBrowsing = withBrowsing ? browse(others, venue.handles) : async () => [];
  const began = performance.now();
  const before = await shop.usage();
  const bought = await buyUntilSoldOut(buyers, (around) => checkOut(steps, 1, around));
  const browsing = await stopBrowsing();
  await untilQuiet(shop, idle);
  const after = await shop.usage();
  const took = (performance.now() - began) / 1_000 / bought.checkouts;
  const used = beyondIdle(usedPer(before, after, bought.checkouts), idle, took);
  await Promise.all([asker.close(), others.close()]);
  return { buyers, bought, ...(await countUnits(databaseUrl, variantId)), used, browsing };
}

async function openVenue(shop: BenchShop, databaseUrl: string): Promise<Omit<Venue, 'idle'>> {
  const asker = createAsker(shop.url, 1);
  const { signIn } = await asker.ask(SignInDocument, { input: admin });
  const token = accepted(signIn, 'session').accessToken;
  const { handles } = await readCatalogue(asker);
  return {
    shop,
    databaseUrl,
    handles,
    offer: (quantity) => createArticle(asker, token, `Lantern of the day ${randomUUID()}`, quantity),
  };
}

async function measureMode(
  mode: Mode,
  shop: BenchShop,
  ground: Ground,
  options: Options,
  say: Say,
): Promise<SaleMode> {
  const since = await ground.place.postgres.now();
  const othersSoFar = watchOthers(shop);
  const databaseUrl = ground.place.postgres.url(ground.databaseOf(mode));
  const opened = await openVenue(shop, databaseUrl);
  const counts = clientsFor(options, 'flash-sale');
  say(`${mode}: warming up`);
  const nobody: Usage = { servers: {}, postgres: 0, statements: 0 };
  await holdSale({ ...opened, idle: nobody }, Math.min(...counts), warmUpUnits, true);
  say(`${mode}: resting`);
  const venue = { ...opened, idle: await measureIdle(shop) };
  const asker = createAsker(shop.url, browsers);
  const stopBrowsing = browse(asker, venue.handles);
  await sleep(idleBrowsingSeconds * 1_000);
  const idleBrowsing = await stopBrowsing();
  await asker.close();
  const sales: Sale[] = [];
  for (const buyers of counts)
    for (const withBrowsing of [false, true]) {
      say(`${mode}, ${buyers} buyers${withBrowsing ? ', others browsing' : ''}`);
      sales.push(await holdSale(venue, buyers, options.stock, withBrowsing));
    }
  const others = othersSoFar();
  say(`${mode}: checking what is left`);
  const violations = await checkAfterwards(databaseUrl, since);
  return { mode, idle: venue.idle, idleBrowsing, sales, others, violations };
}

/** Measures mode after mode; `onPart` is given what there is after each. */
export async function measureFlashSale(
  options: Options,
  stops: Stops,
  say: Say,
  onPart: (sale: FlashSale) => void,
): Promise<FlashSale> {
  const ground = await prepareGround(options, stops, say);
  const { place, redis, modes } = ground;
  const sale: FlashSale = {
    stock: options.stock,
    postgres: place.postgres.version,
    redis: redis?.version,
    modes: [],
  };
  for (const mode of modes) {
    say(`${mode}: starting`);
    const shop = await ground.start(mode, { sandboxApart: true });
    const stop = stops.add(shop.stop);
    sale.modes.push(await measureMode(mode, shop, ground, options, say));
    onPart(sale);
    await stop();
  }
  return sale;
}
