/**
 * Mutations that must not run twice. The key's row is written in the transaction of the effect, so that both exist or
 * neither; a twin that arrives meanwhile waits at the row for the first. Stored is the outcome (ids and userErrors);
 * objects are read anew on a repeat.
 */
import { createHash } from 'node:crypto';
import type { Clock } from './clock.js';
import type { Sql } from './db.js';
import { clientError } from './errors.js';
import { transact, type TransactionContext } from './transaction.js';

export interface IdempotencyContext extends TransactionContext {
  clock: Clock;
}

export interface IdempotentCall {
  /** Whose key it is: a customer's id or a subgraph's name. Keys of different owners never meet. */
  owner: string;
  /** The mutation's name. */
  operation: string;
  key: string;
  /** What must be the same when the key is used again: the input without the key. */
  input: unknown;
}

/** Key order and undefined do not matter; bigints count as their digits. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'bigint') return part.toString();
    if (part === null || typeof part !== 'object' || Array.isArray(part) || part instanceof Date) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const hashOf = (input: unknown): Buffer =>
  createHash('sha256')
    .update(canonical(input) ?? 'null')
    .digest();

export const keyReused = (operation: string): Error =>
  clientError(
    'IDEMPOTENCY_KEY_REUSED',
    `This idempotencyKey was used for another ${operation}: a new intent needs a new key, a retry the same input.`,
  );

interface Row<Outcome> {
  outcome: Outcome | null;
  same: boolean;
}

const find = async <Outcome>(db: Sql, call: IdempotentCall): Promise<Row<Outcome> | undefined> => {
  const rows = await db.$queryRaw<Row<Outcome>[]>`
    SELECT outcome, request_hash = ${hashOf(call.input)}::bytea AS same FROM idempotency_key
    WHERE owner = ${call.owner} AND operation = ${call.operation} AND key = ${call.key}`;
  return rows[0];
};

/**
 * Runs `work` once per key, in one transaction with the note of its outcome, and gives the stored outcome on a repeat.
 * A throw (also `Refused`) rolls both back: the key can be used again.
 */
export async function idempotent<Context extends IdempotencyContext, Outcome>(
  context: Context,
  call: IdempotentCall,
  work: (context: Context) => Promise<Outcome>,
): Promise<{ outcome: Outcome; repeated: boolean }> {
  return transact(context, async (inner) => {
    const claimed = await inner.db.$executeRaw`
      INSERT INTO idempotency_key (owner, operation, key, request_hash, created_at)
      VALUES (${call.owner}, ${call.operation}, ${call.key}, ${hashOf(call.input)}::bytea, ${inner.clock()}::timestamptz)
      ON CONFLICT DO NOTHING`;
    if (claimed === 0) {
      const stored = await find<Outcome>(inner.db, call);
      if (!stored?.same || stored.outcome === null) throw keyReused(call.operation);
      return { outcome: stored.outcome, repeated: true };
    }
    const outcome = await work(inner);
    await inner.db.$executeRaw`
      UPDATE idempotency_key SET outcome = ${JSON.stringify(outcome)}::jsonb
      WHERE owner = ${call.owner} AND operation = ${call.operation} AND key = ${call.key}`;
    return { outcome, repeated: false };
  });
}

/**
 * For work that leaves the database between its steps: notes `start` (the ids that the steps will use) before the first
 * one and gives the noted one to every repeat and twin, which then run the same steps with the same ids. So each step
 * must be idempotent by those ids.
 */
export async function claimOnce<Start>(
  context: IdempotencyContext,
  call: IdempotentCall,
  start: Start,
): Promise<{ start: Start; repeated: boolean }> {
  const claimed = await context.db.$executeRaw`
    INSERT INTO idempotency_key (owner, operation, key, request_hash, outcome, created_at)
    VALUES (${call.owner}, ${call.operation}, ${call.key}, ${hashOf(call.input)}::bytea,
            ${JSON.stringify(start)}::jsonb, ${context.clock()}::timestamptz)
    ON CONFLICT DO NOTHING`;
  if (claimed > 0) return { start, repeated: false };
  const stored = await find<Start>(context.db, call);
  if (!stored?.same || stored.outcome === null) throw keyReused(call.operation);
  return { start: stored.outcome, repeated: true };
}
