/**
 * Part of what `npm run chaos` builds: a shop in one process, in which the races that are named run one after the other. The
 * last line that it prints says what each has found, as JSON.
 */
import { pathToFileURL } from 'node:url';
import { subgraphNames } from '../../../subgraphs/list.js';
import { askAtRest } from '../../../tests/testkit/ledger.js';
import { askProvider } from '../../../tests/testkit/provider-ledger.js';
import { openBench, wait, type OpenBench } from './bench.js';
import { races, type RaceName } from './list.js';

const patienceMs = 8_000;

/** What one race has found, and what does not hold in the shop after it. */
async function run(bench: OpenBench, name: RaceName): Promise<string[]> {
  const found: string[] = [];
  const begun = await bench.begin(found);
  try {
    await races[name](begun);
  } catch (error) {
    found.push(`it failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { shop, db, stripe } = begun;
  const failing = async (): Promise<string[]> => {
    const { rows } = await db.query<{ text: string }>(
      subgraphNames
        .map(
          (schema) => `SELECT '${schema} cannot handle ' || type || ': ' || coalesce(last_error, '') AS text
            FROM ${schema}.inbox WHERE done_at IS NULL AND attempts > 0`,
        )
        .join(' UNION ALL '),
    );
    return rows.map(({ text }) => text.slice(0, 300));
  };
  const examine = async (patience: number): Promise<string[]> =>
    [...(await askAtRest(db, shop.parts.clock, patience)), ...(await askProvider(db, stripe))].flatMap(
      ({ question, rows }) => {
        return rows.length > 0 ? [`${question}: ${JSON.stringify(rows[0])}`] : [];
      },
    );
  for (const end = Date.now() + patienceMs; ;) {
    const wrong = [...(await failing()), ...(await examine(0))];
    if (wrong.length === 0 || found.length > 0 || Date.now() > end) return [...found, ...wrong];
    await wait(250);
  }
}

export interface RacesRan {
  found: Partial<Record<RaceName, string[]>>;
}

async function main(): Promise<void> {
  const names = process.argv.slice(2) as RaceName[];
  const bench = await openBench(process.env['HANSE_CHAOS_SQL']);
  const ran: RacesRan = { found: {} };
  for (const name of names) {
    process.stderr.write(`${name}\n`);
    ran.found[name] = await run(bench, name);
  }
  process.stdout.write(`\n${JSON.stringify(ran)}\n`);
  // What a missing guard has left hanging must not hold this up.
  setTimeout(() => process.exit(0), 5_000).unref();
  await bench.close();
  process.exit(0);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
