/**
 * A timer is an inbox row whose time is to come, written in the transaction that makes it necessary: it fires at least
 * once after `runAt`, however often processes die in between.
 */
import { empty, sqltag as sql, type Sql as Fragment } from '@prisma/client/runtime/client';
import type { Clock } from '../clock.js';
import type { Sql } from '../db.js';
import { idFromName } from '../ids.js';

export interface TimerName {
  /** Name of the consumer whose `timers` has a handler for `type`. */
  consumer: string;
  type: string;
  /** The aggregate that waits; one timer per (consumer, type, aggregate, key). */
  aggregateId: string;
  key?: string;
}

export interface Timer extends TimerName {
  runAt: Date;
  payload?: Record<string, unknown>;
}

export interface TimerContext {
  db: Sql;
  clock: Clock;
  correlationId: string;
}

const timerId = (timer: TimerName): string =>
  idFromName('timer', timer.consumer, timer.type, timer.aggregateId, timer.key ?? '');

/** Of a timer that is there already: it is moved, or only set again where it has fired. */
const moved: Fragment = empty;
const unlessSet = sql`WHERE inbox.done_at IS NOT NULL`;

/** A CTE that sets timers, behind a comma, for a statement with a CTE `saved` (see consequences.ts). */
export function timerRows(
  context: TimerContext,
  timers: readonly Timer[],
  where: Fragment = moved,
): Fragment {
  if (timers.length === 0) return empty;
  const rows = timers.map((timer) => ({
    consumer: timer.consumer,
    event_id: timerId(timer),
    type: timer.type,
    aggregate_id: timer.aggregateId,
    payload: timer.payload ?? {},
    run_at: timer.runAt,
  }));
  return sql`, timers_set AS (
      INSERT INTO inbox (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                         correlation_id, occurred_at, payload, run_at)
      SELECT t.consumer, t.event_id, t.type, 1, 'Timer', t.aggregate_id, 0, ${context.correlationId},
             ${context.clock()}::timestamptz, t.payload, t.run_at
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS t(consumer text, event_id uuid, type text, aggregate_id uuid, payload jsonb, run_at timestamptz)
      WHERE EXISTS (SELECT FROM saved)
      ORDER BY t.consumer, t.event_id
      ON CONFLICT (consumer, event_id) DO UPDATE SET run_at = excluded.run_at, payload = excluded.payload,
        done_at = NULL, attempts = 0, lease_until = NULL, last_error = NULL
      ${where}
    )`;
}

/**
 * A CTE that takes back timers that have not fired, likewise. Consumers and ids need no pairs: an id is made of its consumer's
 * name. `true` comes as a value, or Postgres may read the index of all that waits (docs/decisions/0020).
 */
export const endedTimerRows = (timers: readonly TimerName[]): Fragment =>
  timers.length === 0
    ? empty
    : sql`, timers_ended AS (
      DELETE FROM inbox WHERE consumer = ANY(${[...new Set(timers.map(({ consumer }) => consumer))]}::text[])
        AND event_id = ANY(${timers.map(timerId)}::uuid[])
        AND (done_at IS NULL) = ${true}::bool AND EXISTS (SELECT FROM saved)
    )`;

/** Sets timers, in one statement; one that is set already is moved (also when it has fired). */
export async function schedule(context: TimerContext, ...timers: Timer[]): Promise<void> {
  if (timers.length === 0) return;
  await context.db.$executeRaw`WITH saved AS (SELECT 1) ${timerRows(context, timers)} SELECT 1`;
}

/**
 * Sets timers that are not set, in one statement; one that still is to fire, or is being tried again, stays as it is. For
 * what a process sets at its start: moving it each time, restarts would put it off for ever.
 */
export async function scheduleUnlessSet(context: TimerContext, ...timers: Timer[]): Promise<void> {
  if (timers.length === 0) return;
  await context.db.$executeRaw`WITH saved AS (SELECT 1) ${timerRows(context, timers, unlessSet)} SELECT 1`;
}

/** Takes back a timer that has not fired. */
export async function unschedule(context: { db: Sql }, timer: TimerName): Promise<void> {
  await context.db.$executeRaw`WITH saved AS (SELECT 1) ${endedTimerRows([timer])} SELECT 1`;
}
