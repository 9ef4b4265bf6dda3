/** `npm run verify`'s questions, asked of a shop at rest: no grace, and patience until what was under way has ended. */
import type pg from 'pg';
import { askSnapshot } from '../../tools/verify/ask.js';
import { questions } from '../../tools/verify/questions/list.js';
import { patienceMs, pause } from './eventually.js';

export interface Violation {
  question: string;
  rows: Record<string, unknown>[];
}

/** Asks every question and gives those that found something; empty: all holds. `at` by the shop's clock. */
export async function askLedger(client: pg.Client, at: Date): Promise<Violation[]> {
  const answers = await askSnapshot(client, questions, { at, rows: 20 });
  return answers.flatMap(({ name, violations, inFlight, rows }) =>
    violations + inFlight > 0 ? [{ question: name, rows }] : [],
  );
}

/** Asks until all holds: what was under way may end. The violations that stay when `patience` (ms) is over. */
export async function askAtRest(
  client: pg.Client,
  clock: () => Date = () => new Date(),
  patience: number = patienceMs,
): Promise<Violation[]> {
  for (const end = Date.now() + patience; ;) {
    const violations = await askLedger(client, clock());
    if (violations.length === 0 || Date.now() > end) return violations;
    await pause(250);
  }
}
