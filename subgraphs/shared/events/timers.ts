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

/** Sets the timer, or moves it when it is set already (also when it has fired). */
export async function schedule(
  context: { db: Sql; clock: Clock; correlationId: string },
  timer: Timer,
): Promise<void> {
  await context.db.$executeRaw`
    INSERT INTO inbox (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                       correlation_id, occurred_at, payload, run_at)
    VALUES (${timer.consumer}, ${timerId(timer)}::uuid, ${timer.type}, 1, 'Timer', ${timer.aggregateId}::uuid, 0,
            ${context.correlationId}, ${context.clock()}::timestamptz, ${JSON.stringify(timer.payload ?? {})}::jsonb,
            ${timer.runAt}::timestamptz)
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
