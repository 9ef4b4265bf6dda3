/**
 * Mutations that must not run twice. The key's row is written in the transaction of the effect, so that both exist or
 * neither; a twin that arrives meanwhile waits at the row for the first. Stored is the outcome (ids, or the userErrors
 * of a refusal); objects are read anew on a repeat.
 */
import { createHash } from 'node:crypto';
import { sqltag as sql, type Sql as Fragment } from '@prisma/client/runtime/client';
import type { Clock } from './clock.js';
import type { Sql } from './db.js';
import { clientError, Refused, type UserError } from './errors.js';
import { isTransaction, transact, type TransactionContext } from './transaction.js';

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

/**
 * A refusal that decides nothing ("try again"): the key stays free, and the same call with the same key is decided anew.
 * Every other `Refused` is an outcome, and is stored.
 */
export class Undecided extends Refused {}

/** Under the key of a refused call, in the place of its outcome. */
interface Refusal {
  refused: UserError[];
}

/** JSON; amounts and times, which it has not, come back as what they were. */
const toStored = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, name, part: unknown) {
    const original = this[name];
    if (typeof original === 'bigint') return { $bigint: original.toString() };
    return original instanceof Date ? { $date: original.toISOString() } : part;
  });

const fromStored = <T>(stored: unknown): T =>
  JSON.parse(JSON.stringify(stored), (_name, part: { $bigint?: string; $date?: string } | null) => {
    if (part?.$bigint !== undefined) return BigInt(part.$bigint);
    return part?.$date === undefined ? part : new Date(part.$date);
  }) as T;

/** Writes the key's row, if it is not there; waits for a transaction that writes it at this moment. */
const claimRow = (
  { clock }: { clock: Clock },
  { owner, operation, key, input }: IdempotentCall,
  outcome: string | null,
): Fragment => sql`
    INSERT INTO idempotency_key (owner, operation, key, request_hash, outcome, created_at)
    VALUES (${owner}, ${operation}, ${key}, ${hashOf(input)}::bytea, ${outcome}::jsonb, ${clock()}::timestamptz)
    ON CONFLICT DO NOTHING`;

async function claim(
  context: IdempotencyContext,
  call: IdempotentCall,
  outcome: string | null,
): Promise<boolean> {
  return (await context.db.$executeRaw`${claimRow(context, call, outcome)}`) > 0;
}

/** What an earlier call with this key left. */
export async function outcomeOf<Outcome>(db: Sql, call: IdempotentCall): Promise<Outcome> {
  const rows = await db.$queryRaw<{ outcome: unknown; same: boolean }[]>`
    SELECT outcome, request_hash = ${hashOf(call.input)}::bytea AS same FROM idempotency_key
    WHERE owner = ${call.owner} AND operation = ${call.operation} AND key = ${call.key}`;
  const [stored] = rows;
  if (!stored?.same || stored.outcome === null) throw keyReused(call.operation);
  return fromStored<Outcome>(stored.outcome);
}

interface Answer<Outcome> {
  outcome: Outcome;
  repeated: boolean;
}

/**
 * Runs `work` once per key, in one transaction with the note of its outcome, and gives the stored outcome on a repeat.
 * `Refused` rolls the work back and is stored and thrown to every repeat; `Undecided` and any other throw leave the key
 * free. Not for use inside a transaction: what refuses it would take the note of the refusal along.
 */
export async function idempotent<
  Context extends IdempotencyContext,
  Outcome extends object & { refused?: never },
>(
  context: Context,
  call: IdempotentCall,
  work: (context: Context) => Promise<Outcome>,
): Promise<Answer<Outcome>> {
  if (isTransaction(context.db))
    throw new Error(`${call.operation} stands in a transaction: a refusal could not be stored`);
  const { outcome, repeated } = await transact(context, (inner) => runOnce(inner, call, work)).catch(
    (error: unknown) => {
      if (!(error instanceof Refused) || error instanceof Undecided) throw error;
      return keepRefusal<Outcome>(context, call, error);
    },
  );
  if (outcome.refused) throw new Refused(...outcome.refused);
  return { outcome: outcome as Outcome, repeated };
}

async function runOnce<Context extends IdempotencyContext, Outcome>(
  context: Context,
  call: IdempotentCall,
  work: (context: Context) => Promise<Outcome>,
): Promise<Answer<Outcome | Refusal>> {
  if (!(await claim(context, call, null)))
    return { outcome: await outcomeOf(context.db, call), repeated: true };
  const outcome = await work(context);
  await context.db.$executeRaw`
    UPDATE idempotency_key SET outcome = ${toStored(outcome)}::jsonb
    WHERE owner = ${call.owner} AND operation = ${call.operation} AND key = ${call.key}`;
  return { outcome, repeated: false };
}

/**
 * Stores a refusal after its rollback, which let a twin in: who stores first decides for both, so a twin that went through
 * answers for this call as well.
 */
async function keepRefusal<Outcome>(
  context: IdempotencyContext,
  call: IdempotentCall,
  { userErrors }: Refused,
): Promise<Answer<Outcome | Refusal>> {
  const refusal: Refusal = { refused: userErrors };
  if (await claim(context, call, toStored(refusal))) return { outcome: refusal, repeated: false };
  return { outcome: await outcomeOf(context.db, call), repeated: true };
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
  if (await claim(context, call, toStored(start))) return { start, repeated: false };
  return { start: await outcomeOf(context.db, call), repeated: true };
}

/** A CTE `claimed` that claims the key as `claimOnce` does; it has a row unless the key was used before (`outcomeOf`). */
export const claimedRow = (context: { clock: Clock }, call: IdempotentCall, start: unknown): Fragment =>
  sql`claimed AS (${claimRow(context, call, toStored(start))} RETURNING 1)`;

/**
 * `claimOnce` in the statement of the first reading. `read` is given the CTE `claimed`; it says whether that had a
 * row, and what it found. A repeat reads again: the first call may just have changed it.
 */
export async function claimReading<Start, Found>(
  context: IdempotencyContext,
  call: IdempotentCall,
  start: Start,
  read: (claimed: Fragment) => Promise<{ claimed: boolean; found: Found }>,
): Promise<{ start: Start; repeated: boolean; found: Found }> {
  const claimed = claimedRow(context, call, start);
  const first = await read(claimed);
  if (first.claimed) return { start, repeated: false, found: first.found };
  const stored = await outcomeOf<Start>(context.db, call);
  return { start: stored, repeated: true, found: (await read(claimed)).found };
}

/** Stores a refusal beside what the key was claimed with; one that stands there stays. */
export async function noteRefusal(
  db: Sql,
  call: IdempotentCall,
  refused: readonly UserError[],
): Promise<void> {
  await db.$executeRaw`
    UPDATE idempotency_key SET outcome = outcome || ${toStored({ refused })}::jsonb
    WHERE owner = ${call.owner} AND operation = ${call.operation} AND key = ${call.key}
      AND outcome->'refused' IS NULL`;
}

/** Forgets the keys of persons who were deleted: a hash of what they sent stands under each. */
export async function forgetKeys(db: Sql, owners: readonly string[]): Promise<void> {
  await db.$executeRaw`DELETE FROM idempotency_key WHERE owner = ANY(${[...owners]}::text[])`;
}
