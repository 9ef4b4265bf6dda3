/** What `npm run verify` is told on the command line. */
import { parseArgs } from 'node:util';
import { questions, questionsNamed } from './questions/list.js';
import type { Question } from './questions/question.js';

export class UsageError extends Error {}

export interface Options {
  help: boolean;
  json: boolean;
  /** Whether the payment provider is asked as well. */
  provider: boolean;
  graceSeconds: number;
  questions: readonly Question[];
}

export const help = `npm run verify -- [--only NAME] [--grace SECONDS] [--provider] [--json]

Recomputes what must hold in the shop's database, of one moment and without writing anything, and shows what does not.
docs/verify.md says what each of it means and what to do where it is violated.

  --only NAME       asks one question, or the questions of one group: --only money.paid, --only stock; can be repeated
  --grace SECONDS   what moved within the last seconds counts as work in flight and not as violated (60): a payment that
                    the order has not been told of yet, an event on its way. Use 0 for a shop that is stopped
  --provider        also compares payments with the payment provider, intent by intent
                    (STRIPE_SECRET_KEY, and STRIPE_API_BASE for another server than Stripe's)
  --json            prints JSON

Which database, the first that is there:
  VERIFY_DATABASE_URL   as a role that may read every schema (npm run db -- urls prints one that may do nothing else)
  DATABASE_URL          the same; where the master key is known (HANSE_MASTER_KEY, or of HANSE_DATA), the reading role is used
  HANSE_DATA            the embedded PostgreSQL of that folder (.hanse); where it does not run, it does for the check

Exit code: 0 all holds, 1 something is violated, 2 wrong use or no database to ask.
`;

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--grace takes seconds, 0 or more: ${text} is none.`);
  return value;
}

function chosen(names: readonly string[]): readonly Question[] {
  if (names.length === 0) return questions;
  for (const name of names)
    if (questionsNamed(name).length === 0) {
      if (/^provider\b/.test(name))
        throw new UsageError(`${name} is asked with --provider, beside the questions that --only names.`);
      const all = questions.map((question) => question.name).join(', ');
      throw new UsageError(`There is no question ${name}. There are: ${all}.`);
    }
  return questions.filter((question) => names.some((name) => questionsNamed(name).includes(question)));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        provider: { type: 'boolean', default: false },
        grace: { type: 'string', default: '60' },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
  } catch (error) {
    // What follows the first sentence is about a notation that nobody needs here.
    throw new UsageError((error as Error).message.replace(/\. To specify .*$/s, '.'));
  }
}

/** Parses the arguments after the program's name; throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const [stray] = positionals;
  // npm keeps options to itself that do not come after `--`, and hands over what is left of them.
  if (stray !== undefined)
    throw new UsageError(`${stray} is no option. One group alone: npm run verify -- --only ${stray}`);
  const { help, json, provider, grace, only } = values;
  return { help, json, provider, graceSeconds: seconds(grace), questions: chosen(only) };
}
