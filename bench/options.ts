/** What `npm run bench` is told on the command line. */
import { parseArgs } from 'node:util';

export class UsageError extends Error {}

export const tables = ['storefront', 'checkout', 'flash-sale', 'reservation', 'start'] as const;
export type TableName = (typeof tables)[number];
export const modes = ['one', 'separate'] as const;
/** All in one process as `npm start` is, or every subgraph, relay, sandbox and gateway in one of its own. */
export type Mode = (typeof modes)[number];

export interface Options {
  help: boolean;
  tables: readonly TableName[];
  modes: readonly Mode[];
  /** As given; `clientsFor` and `secondsFor` know what a table has without. */
  clients: readonly number[] | undefined;
  seconds: number | undefined;
  products: number;
  /** Units of the article of a flash sale. */
  stock: number;
  /** How often each start is timed. */
  runs: number;
  json: string | undefined;
  /** The folder for CPU profiles of the servers. */
  profile: string | undefined;
}

type Loaded = Exclude<TableName, 'start'>;
type Timed = Exclude<Loaded, 'flash-sale'>;

const usual: Record<Timed, { clients: readonly number[]; seconds: number }> & {
  'flash-sale': { clients: readonly number[] };
} = {
  storefront: { clients: [1, 16], seconds: 5 },
  checkout: { clients: [1, 16, 64], seconds: 10 },
  'flash-sale': { clients: [64, 256] },
  reservation: { clients: [16, 64, 256], seconds: 4 },
};

/** How many clients ask at the same time, one measurement each. */
export const clientsFor = ({ clients }: Options, table: Loaded): readonly number[] =>
  clients ?? usual[table].clients;

export const secondsFor = ({ seconds }: Options, table: Timed): number => seconds ?? usual[table].seconds;

export const help = `npm run bench -- [${tables.join(' | ')}] [options]

Measures Hanse on this machine and prints tables; docs/bench.md says how to read them. Without a name: all tables.

  storefront          the ten main operations of a storefront: SQL statements, CPU of server and Postgres, p50, p95
  checkout            whole checkouts of guests, two articles each, until they are paid, and each step of it
  flash-sale          one article of which there are 500; 64 and 256 buyers until it is sold out, others browsing
  reservation         the reservation of stock alone, beside raw Postgres
  start               seconds from the command to "Hanse is up", and memory

  --clients 1,16      numbers of clients that ask at the same time (storefront 1,16; checkout
                      1,16,64; flash-sale 64,256; reservation 16,64,256)
  --seconds 5         how long each operation is measured, after a warm-up (storefront 5; checkout 10;
                      reservation 4; a flash sale takes as long as it takes)
  --mode both         one: all in one process; separate: every part a process of its own; or both (both)
  --products 1000     products in the catalogue beside the demonstration's, three variants each (1000)
  --stock 500         units of a flash sale's article (500)
  --runs 3            how often each start is timed (3)
  --json FILE         writes all figures there as well
  --profile FOLDER    checkout: CPU profiles of the servers while it is measured, and where the time went

Separate processes need a Redis: that of REDIS_URL, else redis-server on the PATH is started for the time.
All data lies in a temporary folder and is removed.
Exit code: 0 measured, 1 operations failed or the data did not hold afterwards, 2 wrong use or no start.
`;

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value < 1 || value > most)
    throw new UsageError(`--${name} takes whole numbers from 1 to ${most}: "${text}" is none.`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 3_600))
    throw new UsageError(`--${name} takes seconds, more than 0 and at most 3600: "${text}" is none.`);
  return value;
}

function chosen<T extends string>(what: string, name: string, all: readonly T[]): T {
  const found = all.find((one) => one === name);
  if (found === undefined)
    throw new UsageError(`There is no ${what} "${name}". There are: ${all.join(', ')}.`);
  return found;
}

/** Parses the arguments after the program's name; throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = (() => {
    try {
      return parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          help: { type: 'boolean', short: 'h', default: false },
          clients: { type: 'string' },
          seconds: { type: 'string' },
          mode: { type: 'string', default: 'both' },
          products: { type: 'string', default: '1000' },
          stock: { type: 'string', default: '500' },
          runs: { type: 'string', default: '3' },
          json: { type: 'string' },
          profile: { type: 'string' },
        },
      });
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  })();
  const named = positionals.map((name) => chosen('table', name, tables));
  return {
    help: values.help,
    tables: named.length > 0 ? named : tables,
    modes: values.mode === 'both' ? modes : [chosen('mode', values.mode, modes)],
    clients: values.clients?.split(',').map((text) => whole('clients', text, 1_000)),
    seconds: values.seconds === undefined ? undefined : positive('seconds', values.seconds),
    products: whole('products', values.products, 100_000),
    stock: whole('stock', values.stock, 100_000),
    runs: whole('runs', values.runs, 100),
    json: values.json,
    profile: values.profile,
  };
}
