/** `npm run bench`: measures Hanse on this machine (docs/bench.md). */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { PostgresStartError } from '../local/postgres/errors.js';
import { checkoutReport, checkoutFailures } from './checkout-report.js';
import { measureCheckout } from './checkout.js';
import { flashSaleReport, saleFailures } from './flash-sale-report.js';
import { measureFlashSale } from './flash-sale.js';
import { describeMachine } from './machine.js';
import { help, readOptions, UsageError, type Options } from './options.js';
import { failuresOf, headOf, startReport, storefrontReport } from './report.js';
import { reservationFailures, reservationReport } from './reservation-report.js';
import { measureReservation } from './reservation.js';
import { measureStarts } from './start.js';
import { createStops } from './stops.js';
import { measureStorefront } from './storefront.js';

const stops = createStops();

/** One line that is written over on a terminal, a line each elsewhere; on stderr, so that stdout is the tables'. */
function say(text: string): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  else if (text) process.stderr.write(`${text}\n`);
}

/** Maps become objects. */
const asJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, one: unknown) => (one instanceof Map ? Object.fromEntries(one as Map<string, unknown>) : one),
    1,
  );

/** Measures and prints; whether nothing failed. */
async function bench(options: Options): Promise<boolean> {
  if (!existsSync('/proc/self/stat'))
    throw new UsageError('CPU times are read from /proc, so this needs Linux (in a container: with /proc).');
  const machine = describeMachine();
  const head = headOf(machine);
  console.log(head);
  const storefront = options.tables.includes('storefront')
    ? await measureStorefront(options, stops, say, (part) => {
        say('');
        console.log(`\n${storefrontReport(part)}`);
      })
    : undefined;
  say('');
  const checkout = options.tables.includes('checkout')
    ? await measureCheckout(options, stops, say, (part) => {
        say('');
        console.log(`\n${checkoutReport(part)}`);
      })
    : undefined;
  say('');
  const sale = options.tables.includes('flash-sale')
    ? await measureFlashSale(options, stops, say, (part) => {
        say('');
        console.log(`\n${flashSaleReport(part)}`);
      })
    : undefined;
  say('');
  const reservation = options.tables.includes('reservation')
    ? await measureReservation(options, stops, say)
    : undefined;
  say('');
  if (reservation) console.log(`\n${reservationReport(reservation)}`);
  const starts = options.tables.includes('start') ? await measureStarts(options.runs, stops, say) : undefined;
  say('');
  if (starts) console.log(`\n${startReport(starts)}`);
  if (options.json !== undefined)
    await writeFile(options.json, asJson({ machine, storefront, checkout, sale, reservation, starts }));
  const failures = [
    ...(storefront ? failuresOf(storefront.modes) : []),
    ...(checkout ? checkoutFailures(checkout.modes) : []),
    ...(sale ? saleFailures(sale) : []),
    ...(reservation ? reservationFailures(reservation) : []),
  ];
  return failures.length === 0;
}

/** What a person can act on; anything else is a fault of ours and shows its stack. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nnpm run bench -- --help tells how it is used.`;
  if (error instanceof PostgresStartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const end = (): void => {
  say('ending what runs');
  void stops.all().then(() => process.exit(130));
};
process.once('SIGINT', end);
process.once('SIGTERM', end);

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(help);
  else process.exitCode = (await bench(options)) ? 0 : 1;
} catch (error) {
  say('');
  console.error(explain(error));
  process.exitCode = 2;
} finally {
  await stops.all();
}
