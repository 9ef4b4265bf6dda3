import type { Sql } from '../db.js';
import type { Message } from './catalogue.js';

interface Row {
  event_id: string;
  type: string;
  version: number;
  aggregate_type: string;
  aggregate_id: string;
  aggregate_seq: number;
  correlation_id: string;
  occurred_at: Date;
  payload: unknown;
}

const messageOf = (row: Row): Message => ({
  id: row.event_id,
  type: row.type,
  version: row.version,
  aggregateType: row.aggregate_type,
  aggregateId: row.aggregate_id,
  aggregateSeq: row.aggregate_seq,
  correlationId: row.correlation_id,
  occurredAt: row.occurred_at,
  payload: row.payload,
});

/** Due messages, locked until the transaction ends; those of other workers are passed over. */
export async function claim(db: Sql, consumer: string, now: Date, limit: number): Promise<Message[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT event_id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at, payload
    FROM inbox
    WHERE consumer = ${consumer} AND done_at IS NULL AND run_at <= ${now}::timestamptz
    ORDER BY run_at, event_id LIMIT ${limit}::int FOR UPDATE SKIP LOCKED`;
  return rows.map(messageOf);
}

/** Due messages, taken until `leaseMs` from now: who takes them and dies leaves them to the next one then. */
export async function claimLease(
  db: Sql,
  consumer: string,
  now: Date,
  leaseMs: number,
  limit: number,
): Promise<Message[]> {
  const until = new Date(now.getTime() + leaseMs);
  const rows = await db.$queryRaw<Row[]>`
    WITH due AS (
      SELECT event_id FROM inbox
      WHERE consumer = ${consumer} AND done_at IS NULL AND run_at <= ${now}::timestamptz
        AND (lease_until IS NULL OR lease_until <= ${now}::timestamptz)
      ORDER BY run_at, event_id LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
    ), leased AS (
      UPDATE inbox i SET lease_until = ${until}::timestamptz FROM due
      WHERE i.consumer = ${consumer} AND i.event_id = due.event_id
      RETURNING i.*
    )
    SELECT event_id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at, payload
    FROM leased ORDER BY run_at, event_id`;
  return rows.map(messageOf);
}

/** Marks messages as done; a timer that its handler has set anew (its time is to come) stays. */
export async function acknowledge(
  db: Sql,
  consumer: string,
  messages: readonly Message[],
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    UPDATE inbox SET done_at = ${now}::timestamptz, lease_until = NULL, last_error = NULL
    WHERE consumer = ${consumer} AND event_id = ANY(${messages.map((message) => message.id)}::uuid[])
      AND run_at <= ${now}::timestamptz`;
}

/** Notes a failure: tried again after a pause that doubles, or, at `maxAttempts`, moved to the dead letters. */
export async function fail(
  db: Sql,
  consumer: string,
  message: Message,
  error: unknown,
  now: Date,
  maxAttempts: number,
): Promise<number> {
  const text = (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
  const rows = await db.$queryRaw<{ attempts: number }[]>`
    WITH failed AS (
      UPDATE inbox SET attempts = attempts + 1, lease_until = NULL, last_error = ${text},
        run_at = ${now}::timestamptz + least(power(2, attempts), 3600) * (0.8 + 0.4 * random()) * interval '1 second',
        done_at = CASE WHEN attempts + 1 >= ${maxAttempts}::int THEN ${now}::timestamptz END
      WHERE consumer = ${consumer} AND event_id = ${message.id}::uuid AND done_at IS NULL
      RETURNING *
    ), buried AS (
      INSERT INTO dead_letter (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                               correlation_id, occurred_at, payload, attempts, last_error, died_at)
      SELECT consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
             correlation_id, occurred_at, payload, attempts, last_error, ${now}::timestamptz
      FROM failed WHERE attempts >= ${maxAttempts}::int
      ON CONFLICT (consumer, event_id) DO UPDATE SET attempts = excluded.attempts, last_error = excluded.last_error,
        died_at = excluded.died_at
    )
    SELECT attempts FROM failed`;
  return rows[0]?.attempts ?? 0;
}

/** Makes the table say what the consumers of this release handle. */
export async function saveSubscriptions(
  db: Sql,
  consumers: readonly { name: string; types: string[] }[],
): Promise<void> {
  const rows = consumers.flatMap(({ name, types }) =>
    types.map((type) => ({ consumer: name, event_type: type })),
  );
  await db.$executeRaw`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS w(consumer text, event_type text)
    ), dropped AS (
      DELETE FROM event_subscription s
      WHERE s.consumer = ANY(${consumers.map(({ name }) => name)}::text[])
        AND NOT EXISTS (SELECT 1 FROM wanted w WHERE (w.consumer, w.event_type) = (s.consumer, s.event_type))
    )
    INSERT INTO event_subscription (consumer, event_type) SELECT consumer, event_type FROM wanted ON CONFLICT DO NOTHING`;
}
