/** `npm run verify -- --provider`'s questions, asked of a shop at rest. */
import type pg from 'pg';
import type Stripe from 'stripe';
import { askStripe } from '../../tools/verify/provider.js';
import type { Violation } from './ledger.js';

/** Asks both sides; empty: they agree. A row that moves still counts: nothing may be under way. */
export async function askProvider(client: pg.Client, stripe: Stripe): Promise<Violation[]> {
  const answers = await askStripe(client, stripe, { at: new Date(8.64e15), rows: 20 });
  return answers.flatMap(({ name, rows }) => (rows.length > 0 ? [{ question: name, rows }] : []));
}
