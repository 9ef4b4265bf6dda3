import type { Db } from '../context.js';
import type { Fragment } from '../../shared/events/consequences.js';
import type { ProviderEvent } from './rules.js';

/** Notes an event and what follows, in one statement. False where it is known: the provider sends each at least once. */
export async function insertWebhookEvent(
  db: Db,
  id: string,
  event: ProviderEvent,
  receivedAt: Date,
  follows: Fragment,
): Promise<boolean> {
  const rows = await db.$queryRaw<{ saved: number }[]>`
    WITH saved AS (
      INSERT INTO webhook_event (id, provider_event_id, type, object_id, occurred_at, received_at)
      VALUES (${id}::uuid, ${event.id}, ${event.type}, ${event.objectId}, ${event.occurredAt}::timestamptz,
              ${receivedAt}::timestamptz)
      ON CONFLICT (provider_event_id) DO NOTHING RETURNING id
    ) ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return rows[0]?.saved === 1;
}

/**
 * Removes the oldest events that came before that time, at most `limit`. One that is still to be handled, or could not be,
 * stays. Ids are UUIDv7: their order is that of time, so the primary key finds the oldest.
 */
export async function deleteOldEvents(
  db: Db,
  consumer: string,
  before: Date,
  limit: number,
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM webhook_event WHERE id IN (
      SELECT id FROM (
        SELECT id, received_at FROM webhook_event e
        WHERE NOT EXISTS (
            SELECT FROM inbox WHERE consumer = ${consumer} AND done_at IS NULL AND aggregate_id = e.id)
          AND NOT EXISTS (SELECT FROM dead_letter WHERE consumer = ${consumer} AND aggregate_id = e.id)
        ORDER BY id LIMIT ${limit}::int) oldest
      WHERE received_at < ${before}::timestamptz)`;
}
