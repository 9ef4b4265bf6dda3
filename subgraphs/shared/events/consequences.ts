/**
 * What follows from a change, events and timers, written by the very statement that makes the change. The statement gives
 * its change the name `saved`, a CTE that has a row exactly if the change is made; without one nothing follows.
 *
 *     WITH saved AS (UPDATE orders SET ... RETURNING id) ${consequences(ctx, { events, timers })}
 *     SELECT count(*)::int AS saved FROM saved
 */
import { empty, sqltag as sql, type Sql as Fragment } from '@prisma/client/runtime/client';
import { eventRows, type EmitContext, type NewEvent } from './outbox.js';
import { endedTimerRows, timerRows, type Timer, type TimerName } from './timers.js';

/** A piece of SQL with its values, for a statement of `store.ts`. */
export type { Fragment };

export interface Consequences {
  events?: readonly NewEvent[];
  timers?: readonly Timer[];
  /** Timers to take back. */
  endedTimers?: readonly TimerName[];
}

/** For a statement from which nothing follows. */
export const nothing: Fragment = empty;

/** CTEs, each behind a comma, that write what follows if `saved` has a row. */
export const consequences = (
  context: EmitContext,
  { events = [], timers = [], endedTimers = [] }: Consequences,
): Fragment => sql`${eventRows(context, events)}${timerRows(context, timers)}${endedTimerRows(endedTimers)}`;

/** Writes events and timers, in one statement, in the transaction of a change that other statements make. */
export async function record(context: EmitContext, all: Consequences): Promise<void> {
  const follows = consequences(context, all);
  if (follows.sql === '') return;
  await context.db.$executeRaw`WITH saved AS (SELECT 1) ${follows} SELECT 1`;
}
