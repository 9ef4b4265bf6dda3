import { isId } from '../../shared/ids.js';
import type { Page } from '../../shared/pages.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';
import { timeAndIdAfter } from '../keyset.js';
import type { AuditEntry } from './rules.js';

export async function insertAuditEntry(db: Db, entry: AuditEntry): Promise<void> {
  await db.$executeRaw`
    INSERT INTO audit_entry (id, action, user_id, actor_kind, actor_id, details, correlation_id, occurred_at)
    VALUES (${entry.id}::uuid, ${entry.action}, ${entry.userId}::uuid, ${entry.actorKind}, ${entry.actorId},
            ${JSON.stringify(entry.details)}::jsonb, ${entry.correlationId}, ${entry.occurredAt}::timestamptz)`;
}

/** One more than the page shows, the newest first. */
export async function readAuditEntries(db: Db, userId: string | null, page: Page): Promise<AuditEntry[]> {
  if (userId !== null && !isId(userId)) return [];
  const after = timeAndIdAfter(page);
  const about = userId ? Prisma.sql`user_id = ${userId}::uuid` : Prisma.sql`true`;
  const below = after
    ? Prisma.sql`(occurred_at, id) < (${after.time}::timestamptz, ${after.id}::uuid)`
    : Prisma.sql`true`;
  return db.$queryRaw<AuditEntry[]>`
    SELECT id, action, user_id AS "userId", actor_kind AS "actorKind", actor_id AS "actorId", details,
           correlation_id AS "correlationId", occurred_at AS "occurredAt"
    FROM audit_entry WHERE ${about} AND ${below}
    ORDER BY occurred_at DESC, id DESC LIMIT ${page.limit + 1}::int`;
}
