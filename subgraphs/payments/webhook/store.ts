import type { Db } from '../context.js';
import type { ProviderEvent } from './rules.js';

/** False where the event is known: the provider sends each at least once. */
export async function insertWebhookEvent(
  db: Db,
  id: string,
  event: ProviderEvent,
  receivedAt: Date,
): Promise<boolean> {
  const inserted = await db.$executeRaw`
    INSERT INTO webhook_event (id, provider_event_id, type, object_id, occurred_at, received_at)
    VALUES (${id}::uuid, ${event.id}, ${event.type}, ${event.objectId}, ${event.occurredAt}::timestamptz,
            ${receivedAt}::timestamptz)
    ON CONFLICT (provider_event_id) DO NOTHING`;
  return inserted > 0;
}
