/** How many SQL statements the requests of a checkout send by themselves, counted in a shop all in one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAsker } from './ask.js';
import { readCatalogue } from './catalogue.js';
import { checkOut } from './checkout-steps.js';
import { startAllInOne, type ShopPlace } from './shop.js';
import { createSteps } from './steps.js';

/** The first of them has keys to fetch that the next finds in memory. */
const checkouts = 4;

/** Statements by step, the fewest of several checkouts. */
export async function countRequests(place: ShopPlace, articles: number): Promise<Record<string, number>> {
  // A request's line may come after its answer, but never after the line of the next request.
  const lines: number[] = [];
  let requests = 0;
  const lineOf = async (request: number): Promise<number> => {
    while (lines.length <= request) await sleep(5);
    return lines[request] ?? NaN;
  };
  const shop = await startAllInOne(place, {
    imports: [new URL('request-statements.ts', import.meta.url).href],
    onLine: (line) => {
      const [, count] = /^request-statements (\d+)$/.exec(line) ?? [];
      if (count !== undefined) lines.push(Number(count));
    },
  });
  try {
    const asker = createAsker(shop.url, 1);
    const { variantIds, cursors } = await readCatalogue(asker);
    requests = cursors.length; // it asks for page after page
    const steps = createSteps(asker, variantIds);
    const fewest: Record<string, number> = {};
    for (let i = 0; i < checkouts; i += 1)
      await checkOut(steps, articles, async (name, step) => {
        const made = await step();
        fewest[name] = Math.min(fewest[name] ?? Infinity, await lineOf(requests++));
        return made;
      });
    await asker.close();
    return fewest;
  } finally {
    await shop.stop();
  }
}
