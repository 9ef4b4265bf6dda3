/** Removes what is over and done with, a little at a time, so that the tables that every request writes to stay small. */
import type { Clock } from '../clock.js';
import type { Sql } from '../db.js';

const dayMs = 86_400_000;

/** Days that rows are kept after they are done; a webhook or a client repeats itself for three days at most. */
export const kept = { inbox: 7, outbox: 30, idempotencyKeys: 30 };

const batchSize = 1_000;

/** One batch of each table; true when there may be more. */
export async function removeDone(context: { db: Sql; clock: Clock }): Promise<boolean> {
  const before = (days: number): Date => new Date(context.clock().getTime() - days * dayMs);
  const inbox = await context.db.$executeRaw`
    DELETE FROM inbox WHERE (consumer, event_id) IN (
      SELECT consumer, event_id FROM inbox WHERE done_at < ${before(kept.inbox)}::timestamptz
      ORDER BY done_at LIMIT ${batchSize}::int)`;
  // Ids are UUIDv7: their order is that of time, so the primary key finds the oldest.
  const outbox = await context.db.$executeRaw`
    DELETE FROM outbox WHERE id IN (
      SELECT id FROM (SELECT id, relayed_at FROM outbox ORDER BY id LIMIT ${batchSize}::int) oldest
      WHERE relayed_at < ${before(kept.outbox)}::timestamptz)`;
  const keys = await context.db.$executeRaw`
    DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM idempotency_key WHERE created_at < ${before(kept.idempotencyKeys)}::timestamptz
      LIMIT ${batchSize}::int))`;
  return [inbox, outbox, keys].includes(batchSize);
}
