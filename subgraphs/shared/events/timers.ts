/**
 * A timer is an inbox row whose time is to come, written in the transaction that makes it necessary: it fires at least
 * once after `runAt`, however often processes die in between.
 */
import type { Clock } from '../clock.js';
import type { Sql } from '../db.js';
import { idFromName } from '../ids.js';

export interface Timer {
  /** Name of the consumer whose `timers` has a handler for `type`. */
  consumer: string;
  type: string;
  /** The aggregate that waits; one timer per (consumer, type, aggregate, key). */
  aggregateId: string;
  key?: string;
  runAt: Date;
  payload?: Record<string, unknown>;
}

const timerId = (timer: Pick<Timer, 'consumer' | 'type' | 'aggregateId' | 'key'>): string =>
  idFromName('timer', timer.consumer, timer.type, timer.aggregateId, timer.key ?? '');

/** Sets timers, in one statement; one that is set already is moved (also when it has fired). */
export async function schedule(
  context: { db: Sql; clock: Clock; correlationId: string },
  ...timers: Timer[]
): Promise<void> {
  if (timers.length === 0) return;
  const rows = timers.map((timer) => ({
    consumer: timer.consumer,
    event_id: timerId(timer),
    type: timer.type,
    aggregate_id: timer.aggregateId,
    payload: timer.payload ?? {},
    run_at: timer.runAt,
  }));
  await context.db.$executeRaw`
    INSERT INTO inbox (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                       correlation_id, occurred_at, payload, run_at)
    SELECT t.consumer, t.event_id, t.type, 1, 'Timer', t.aggregate_id, 0, ${context.correlationId},
           ${context.clock()}::timestamptz, t.payload, t.run_at
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS t(consumer text, event_id uuid, type text, aggregate_id uuid, payload jsonb, run_at timestamptz)
    ORDER BY t.consumer, t.event_id
    ON CONFLICT (consumer, event_id) DO UPDATE SET run_at = excluded.run_at, payload = excluded.payload,
      done_at = NULL, attempts = 0, lease_until = NULL, last_error = NULL`;
}

/** Takes back a timer that has not fired. */
export async function unschedule(
  context: { db: Sql },
  timer: Pick<Timer, 'consumer' | 'type' | 'aggregateId' | 'key'>,
): Promise<void> {
  await context.db.$executeRaw`
    DELETE FROM inbox WHERE consumer = ${timer.consumer} AND event_id = ${timerId(timer)}::uuid AND done_at IS NULL`;
}
