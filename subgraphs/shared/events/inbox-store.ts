import { sqltag as sql, type Sql as Fragment } from '@prisma/client/runtime/client';
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
      AND (lease_until IS NULL OR lease_until <= ${now}::timestamptz)
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

/**
 * Marks messages as done that were claimed at `claimedAt`. A timer that was set anew since then stays, by its handler or, where
 * a lease ran out, by the next one's: its time is later than the claim, however late this comes.
 */
export async function acknowledge(
  db: Sql,
  consumer: string,
  messages: readonly Message[],
  claimedAt: Date,
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    UPDATE inbox SET done_at = ${now}::timestamptz, lease_until = NULL, last_error = NULL
    WHERE consumer = ${consumer} AND event_id = ANY(${messages.map((message) => message.id)}::uuid[])
      AND run_at <= ${claimedAt}::timestamptz`;
}

/**
 * Gives back messages that were leased until then and not begun: they are due at once, for whoever asks next. One that
 * somebody else has leased since then stays theirs.
 */
export async function release(
  db: Sql,
  consumer: string,
  messages: readonly Message[],
  leasedUntil: Date,
): Promise<void> {
  await db.$executeRaw`
    UPDATE inbox SET lease_until = NULL
    WHERE consumer = ${consumer} AND event_id = ANY(${messages.map((message) => message.id)}::uuid[])
      AND done_at IS NULL AND lease_until <= ${leasedUntil}::timestamptz`;
}

/** What became of a message that failed; `attempts` are the tries that count. */
export interface Failed {
  attempts: number;
  buried: boolean;
}

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 2_000);

/** Runs an UPDATE of a message that failed; what it marks as done is over and goes to the dead letters. */
async function note(db: Sql, update: Fragment, now: Date): Promise<Failed> {
  const rows = await db.$queryRaw<Failed[]>`
    WITH failed AS (${update} RETURNING i.*), buried AS (
      INSERT INTO dead_letter (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                               correlation_id, occurred_at, payload, attempts, last_error, died_at)
      SELECT consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
             correlation_id, occurred_at, payload, attempts, last_error, ${now}::timestamptz
      FROM failed WHERE done_at IS NOT NULL
      ON CONFLICT (consumer, event_id) DO UPDATE SET attempts = excluded.attempts, last_error = excluded.last_error,
        died_at = excluded.died_at
    )
    SELECT attempts, done_at IS NOT NULL AS buried FROM failed`;
  return rows[0] ?? { attempts: 0, buried: false };
}

/** Notes a failure: tried again after a pause that doubles, or, at `maxAttempts`, moved to the dead letters. */
export async function fail(
  db: Sql,
  consumer: string,
  message: Message,
  error: unknown,
  now: Date,
  maxAttempts: number,
): Promise<Failed> {
  const update = sql`
    UPDATE inbox i SET attempts = attempts + 1, lease_until = NULL, last_error = ${textOf(error)},
      run_at = ${now}::timestamptz + power(2, attempts) * (0.8 + 0.4 * random()) * interval '1 second',
      done_at = CASE WHEN attempts + 1 >= ${maxAttempts}::int THEN ${now}::timestamptz END
    WHERE consumer = ${consumer} AND event_id = ${message.id}::uuid AND done_at IS NULL`;
  return note(db, update, now);
}

/** Begins `last_error` where the last try met an outage: `run_at` is then the time when that outage was first met. */
const outageMark = 'outage: ';

/**
 * Notes that what a message needs was away: no try is used up. It is tried again after as long as the outage lasts by
 * now, 30 to 50 s at most, or, when that is `patienceMs`, moved to the dead letters. The lease is what waits.
 */
export async function postpone(
  db: Sql,
  consumer: string,
  message: Message,
  error: unknown,
  now: Date,
  patienceMs: number,
): Promise<Failed> {
  const lost = new Date(now.getTime() - patienceMs);
  const update = sql`
    UPDATE inbox i SET last_error = ${outageMark + textOf(error)}, run_at = met.at,
      lease_until = ${now}::timestamptz
        + least(greatest(${now}::timestamptz - met.at, interval '1 second'), interval '40 seconds')
        * (0.75 + 0.5 * random()),
      done_at = CASE WHEN met.at <= ${lost}::timestamptz THEN ${now}::timestamptz END
    FROM (
      SELECT CASE WHEN starts_with(last_error, ${outageMark}) THEN run_at ELSE ${now}::timestamptz END AS at
      FROM inbox WHERE consumer = ${consumer} AND event_id = ${message.id}::uuid
    ) met
    WHERE i.consumer = ${consumer} AND i.event_id = ${message.id}::uuid AND i.done_at IS NULL`;
  return note(db, update, now);
}

/** What a subgraph without handlers subscribes to: a relay waits until everybody has subscribed (relay.ts). */
const noEvents = [{ consumer: '', event_type: '' }];

/** Makes the table say what the consumers of this release handle. */
export async function saveSubscriptions(
  db: Sql,
  consumers: readonly { name: string; types: string[] }[],
): Promise<void> {
  const handled = consumers.flatMap(({ name, types }) =>
    types.map((type) => ({ consumer: name, event_type: type })),
  );
  const rows = handled.length > 0 ? handled : noEvents;
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
