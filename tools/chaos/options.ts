/** What `npm run chaos` is told on the command line. */
import { parseArgs } from 'node:util';
import { UsageError, wholeOption } from '../retailer/options.js';

export interface Options {
  help: boolean;
  listGuards: boolean;
  everyGuard: boolean;
  /** So many guards, others each day; null: none are asked for by number. */
  guards: number | null;
  without: string | null;
  seed: number;
  checkouts: number;
  kills: number;
  workers: number;
  verbose: boolean;
}

export const help = `npm run chaos -- [--seed N] [--checkouts N] [--kills N] [--workers N]
npm run chaos -- --without GUARD[,GUARD] | --guards N | --every-guard | --list-guards

Starts the shop as separate processes, as built for production, with a PostgreSQL and a Redis of its own; lets customers
and staff do what they do, with clients that make a call again whose answer was lost; kills and restarts every process,
PostgreSQL and Redis meanwhile, repeats, mixes up, delays and drops webhooks, and lets hours pass at once. Then all must
come to rest and hold: npm run verify, and what each client was told. docs/chaos.md says more. It needs redis-server.

  --seed N          what happens: who buys what and how, what breaks and after how many steps (a new one when absent)
  --checkouts N     how many customers come (120: two to three minutes)
  --kills N         how many processes are killed with -9, PostgreSQL and Redis among them (22)
  --workers N       how many customers at a time, 1 to 64 (8)
  --verbose         what the processes say, on stderr

  --list-guards     what can be taken out, and what each is for
  --without GUARD   takes one guard out of the shop, provokes what it is for, and must end red
  --guards N        does so for N of them, others each day
  --every-guard     does so for all of them, one after the other, and shows that the same is green with all in place

The whole proof, about twenty minutes: npm run chaos -- --checkouts 2000 --kills 220 --seed 1

Exit code: 0 all holds (with --without: the fault was found), 1 it does not, 2 wrong use.
`;

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      'list-guards': { type: 'boolean' },
      'every-guard': { type: 'boolean' },
      guards: { type: 'string' },
      without: { type: 'string' },
      seed: { type: 'string' },
      checkouts: { type: 'string' },
      kills: { type: 'string' },
      workers: { type: 'string' },
      verbose: { type: 'boolean' },
    },
  });
  if (values.without === '') throw new UsageError('--without names a guard: --list-guards shows them.');
  return {
    help: values.help ?? false,
    listGuards: values['list-guards'] ?? false,
    everyGuard: values['every-guard'] ?? false,
    guards: wholeOption('guards', values.guards, 1, 1_000),
    without: values.without ?? null,
    seed: wholeOption('seed', values.seed, 0, 2 ** 31 - 1) ?? Math.floor(Math.random() * 1_000_000),
    checkouts: wholeOption('checkouts', values.checkouts, 1, 100_000) ?? 120,
    kills: wholeOption('kills', values.kills, 0, 10_000) ?? 22,
    workers: wholeOption('workers', values.workers, 1, 64) ?? 8,
    verbose: values.verbose ?? false,
  };
}
