import { empty, sqltag as sql, type Sql as Fragment } from '@prisma/client/runtime/client';
import type { Clock } from '../clock.js';
import type { Sql } from '../db.js';
import type { NewId } from '../ids.js';
import { markEvents } from '../transaction.js';
import { events, type EventType, type PayloadOf } from './catalogue.js';

export interface EmitContext {
  /** The transaction that changes what the event tells of. */
  db: Sql;
  clock: Clock;
  newId: NewId;
  correlationId: string;
}

export interface NewEvent<Type extends EventType = EventType> {
  type: Type;
  aggregateId: string;
  payload: PayloadOf<Type>;
}

/** Types one event's payload by its type. */
export const event = <Type extends EventType>(
  type: Type,
  aggregateId: string,
  payload: PayloadOf<Type>,
): NewEvent<Type> => ({
  type,
  aggregateId,
  payload,
});

/**
 * CTEs that write events, each behind a comma, for a statement with a CTE `saved` (see consequences.ts). They number the
 * events of each aggregate without gaps; aggregates are locked in id order, against deadlocks.
 */
export function eventRows(context: EmitContext, news: readonly NewEvent[]): Fragment {
  const [first] = news;
  if (!first) return empty;
  const rows = news.map((one) => {
    const { version, aggregate, payload } = events[one.type];
    return {
      id: context.newId(),
      type: one.type,
      version,
      aggregate_type: aggregate,
      aggregate_id: one.aggregateId,
      payload: payload.parse(one.payload),
    };
  });
  markEvents(context.db, events[first.type].publisher);
  return sql`, event_news AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS n(id uuid, type text, version int, aggregate_type text, aggregate_id uuid, payload jsonb)
      WHERE EXISTS (SELECT FROM saved)
    ), event_numbers AS (
      INSERT INTO aggregate_sequence (aggregate_id, last_seq)
      SELECT aggregate_id, count(*) FROM event_news GROUP BY aggregate_id ORDER BY aggregate_id
      ON CONFLICT (aggregate_id) DO UPDATE SET last_seq = aggregate_sequence.last_seq + excluded.last_seq
      RETURNING aggregate_id, last_seq
    ), events_told AS (
      INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at, payload)
      SELECT n.id, n.type, n.version, n.aggregate_type, n.aggregate_id,
             s.last_seq - count(*) OVER (PARTITION BY n.aggregate_id)
                        + row_number() OVER (PARTITION BY n.aggregate_id ORDER BY n.id),
             ${context.correlationId}, ${context.clock()}::timestamptz, n.payload
      FROM event_news n JOIN event_numbers s USING (aggregate_id)
    )`;
}

/** Writes events to the outbox in the caller's transaction, in one statement: they exist exactly if the change commits. */
export async function emit(context: EmitContext, ...news: NewEvent[]): Promise<void> {
  if (news.length === 0) return;
  await context.db.$executeRaw`WITH saved AS (SELECT 1) ${eventRows(context, news)} SELECT 1`;
}
