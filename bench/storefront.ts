/** `npm run bench -- storefront`: the ten main operations, all in one and in separate processes, beside a control. */
import { createAsker } from './ask.js';
import { readCatalogue } from './catalogue.js';
import { measureControls, type Controls } from './control.js';
import { prepareGround, type Say } from './ground.js';
import { runLoad } from './load.js';
import { measureIdle, measureOperation, watchOthers, type Measured } from './measure.js';
import { createOperations } from './operations.js';
import { clientsFor, secondsFor, type Mode, type Options } from './options.js';
import type { BenchShop, Memory, Usage } from './shop.js';
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

interface Timing {
  clients: readonly number[];
  seconds: number;
}

/** Every operation once for a while: compiled code, plans, caches and connections are there when it counts. */
async function warmUp(shop: BenchShop, { clients, seconds }: Timing, say: Say): Promise<void> {
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

async function measureMode(mode: Mode, shop: BenchShop, timing: Timing, say: Say): Promise<ModeResult> {
  const { seconds } = timing;
  const othersSoFar = watchOthers(shop);
  const memoryBefore = await shop.memory();
  await warmUp(shop, timing, (text) => say(`${mode}, ${text}`));
  say(`${mode}: resting`);
  const idle = await measureIdle(shop);
  const rows: Measured[] = [];
  for (const clients of timing.clients) {
    const asker = createAsker(shop.url, clients);
    const catalogue = await readCatalogue(asker);
    for (const operation of createOperations(asker, catalogue)) {
      say(`${mode}, ${clients} ${clients === 1 ? 'client' : 'clients'}: ${operation.name}`);
      rows.push(await measureOperation(shop, asker, operation, { clients, seconds, idle }));
    }
    await asker.close();
  }
  const others = othersSoFar();
  return { mode, idle, rows, memoryBefore, memoryAfter: await shop.memory(), others };
}

/** Measures mode after mode; `onPart` is given what there is after each, so that an end before the last loses no table. */
export async function measureStorefront(
  options: Options,
  stops: Stops,
  say: Say,
  onPart: (storefront: Storefront) => void,
): Promise<Storefront> {
  const { products } = options;
  const timing = { clients: clientsFor(options, 'storefront'), seconds: secondsFor(options, 'storefront') };
  const { clients, seconds } = timing;
  const ground = await prepareGround(options, stops, say);
  const { postgres } = ground.place;
  const controls: Storefront['controls'] = [];
  for (const count of clients) {
    say(`control, ${count} ${count === 1 ? 'client' : 'clients'}`);
    controls.push({ clients: count, controls: await measureControls(postgres, { clients: count, seconds }) });
  }
  const storefront: Storefront = {
    postgres: postgres.version,
    redis: ground.redis?.version,
    products,
    seconds,
    controls,
    modes: [],
  };
  for (const mode of ground.modes) {
    say(`${mode}: starting`);
    const shop = await ground.start(mode);
    const stop = stops.add(shop.stop);
    storefront.modes.push(await measureMode(mode, shop, timing, say));
    onPart(storefront);
    await stop();
  }
  return storefront;
}
