/** Messages that failed too often, for staff: list them, mend the cause, retry. */
import type { Clock } from '../clock.js';
import type { Sql } from '../db.js';
import { badInput } from '../errors.js';
import { connectionOf, maxPageSize, pageOf, type Connection, type PageArguments } from '../pages.js';
import { requirePermission, type Viewer } from '../viewer.js';
import { inboxBell, type Wake } from './wake.js';

export interface DeadLetter {
  /** `consumer:eventId`. */
  id: string;
  consumer: string;
  type: string;
  aggregateId: string;
  attempts: number;
  lastError: string;
  occurredAt: Date;
  diedAt: Date;
}

interface Context {
  db: Sql;
  viewer: Viewer;
  clock: Clock;
  wake: Wake;
}

/** Dead letters of this subgraph, the newest first. */
export async function listDeadLetters(
  context: Context,
  parameters: PageArguments,
): Promise<Connection<DeadLetter>> {
  requirePermission(context.viewer, 'events:read');
  const page = pageOf(parameters, ['time', 'text']);
  const [diedAt, id] = page.after ?? [null, null];
  const rows = await context.db.$queryRaw<DeadLetter[]>`
    SELECT consumer || ':' || event_id AS id, consumer, type, aggregate_id AS "aggregateId", attempts,
           last_error AS "lastError", occurred_at AS "occurredAt", died_at AS "diedAt"
    FROM dead_letter
    WHERE ${diedAt}::timestamptz IS NULL
       OR (date_trunc('milliseconds', died_at), consumer || ':' || event_id) < (${diedAt}::timestamptz, ${id}::text)
    ORDER BY date_trunc('milliseconds', died_at) DESC, consumer || ':' || event_id DESC
    LIMIT ${page.limit + 1}::int`;
  return connectionOf(rows, page, (letter) => [letter.diedAt.toISOString(), letter.id]);
}

/**
 * Puts dead letters back into the inbox, due at once; the ids that were found. At most 100 at a time. The inbox row may
 * have been removed meanwhile (retention.ts): then it is made anew.
 */
export async function retryDeadLetters(
  context: Context,
  schema: string,
  ids: readonly string[],
): Promise<string[]> {
  requirePermission(context.viewer, 'events:retry');
  if (ids.length > maxPageSize) throw badInput(`ids must be at most ${maxPageSize}.`, ['ids']);
  const rows = await context.db.$queryRaw<{ id: string; consumer: string }[]>`
    WITH raised AS (
      DELETE FROM dead_letter WHERE consumer || ':' || event_id = ANY(${[...ids]}::text[]) RETURNING *
    ), revived AS (
      INSERT INTO inbox (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
                         correlation_id, occurred_at, payload, run_at)
      SELECT consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
             correlation_id, occurred_at, payload, ${context.clock()}::timestamptz
      FROM raised
      ON CONFLICT (consumer, event_id) DO UPDATE SET done_at = NULL, attempts = 0, run_at = excluded.run_at,
        lease_until = NULL, last_error = NULL
    )
    SELECT consumer || ':' || event_id AS id, consumer FROM raised`;
  for (const consumer of new Set(rows.map((row) => row.consumer)))
    context.wake.ring(inboxBell(schema, consumer));
  return rows.map((row) => row.id);
}
