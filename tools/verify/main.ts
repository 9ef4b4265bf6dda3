/** `npm run verify`: recomputes the shop's invariants (docs/verify.md). */
import Stripe from 'stripe';
import { PostgresStartError } from '../../local/postgres/errors.js';
import { ConfigError } from '../../subgraphs/shared/config.js';
import { askSnapshot, type Answer } from './ask.js';
import { openDatabase } from './database.js';
import { help, readOptions, UsageError, type Options } from './options.js';
import { askStripe, openStripe } from './provider.js';
import { asJson, describe } from './report.js';

const shownRows = 20;

/** On a terminal one line that is written over and over; elsewhere nothing: logs are read later. */
function progress(text: string): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
}

async function verify(options: Options): Promise<boolean> {
  const { questions, graceSeconds } = options;
  const stripe = options.provider ? openStripe(process.env) : undefined;
  const database = await openDatabase(process.env, progress);
  try {
    const now = new Date();
    const at = new Date(now.getTime() - graceSeconds * 1_000);
    const answers: Answer[] = await askSnapshot(database.client, questions, {
      at,
      rows: shownRows,
      onProgress: ({ name }, position) => progress(`${position} of ${questions.length}: ${name}`),
    });
    if (stripe) {
      progress('asking the payment provider');
      answers.push(...(await askStripe(database.client, stripe, { at, rows: shownRows })));
    }
    progress('');
    const report = { database: database.name, at: now, graceSeconds, answers };
    console.log(options.json ? asJson(report) : describe(report));
    return answers.every(({ violations }) => violations === 0);
  } finally {
    progress('');
    await database.close();
  }
}

/** What says where the database is. */
const source = (env: Record<string, string | undefined>): string =>
  ['VERIFY_DATABASE_URL', 'DATABASE_URL'].find((name) => env[name]) ?? 'HANSE_DATA';

/** What a person can act on; anything else is a fault of ours and shows its stack. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nnpm run verify -- --help tells how it is used.`;
  if (error instanceof ConfigError || error instanceof PostgresStartError) return error.message;
  if (error instanceof Stripe.errors.StripeError)
    return `The payment provider cannot be asked (${error.message}). STRIPE_SECRET_KEY and STRIPE_API_BASE say which one.`;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET'].includes(code))
    return `The database cannot be reached (${message || code}). Does it run? ${source(process.env)} says where it is.`;
  if (['28P01', '28000', '3D000', '42501', '57P03'].includes(code))
    return `The database refused: ${message}. Database, role and password are those of ${source(process.env)}.`;
  if (['42P01', '42703', '3F000'].includes(code))
    return `The database is not of this release (${message}). Start the shop once, or: npm run db -- prepare`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(help);
  else process.exitCode = (await verify(options)) ? 0 : 1;
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}
