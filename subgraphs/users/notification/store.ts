import type { Page } from '../../shared/pages.js';
import type { Role } from '../../shared/viewer.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';
import { timeAndIdAfter } from '../keyset.js';
import type { Notification, NotificationType } from './rules.js';

/** One more than the page shows for each user, the newest first; one statement. */
export async function readNotifications(
  db: Db,
  userIds: readonly string[],
  page: Page,
): Promise<Notification[]> {
  const after = timeAndIdAfter(page);
  const below = after
    ? Prisma.sql`(n.created_at, n.id) < (${after.time}::timestamptz, ${after.id}::uuid)`
    : Prisma.sql`true`;
  return db.$queryRaw<Notification[]>`
    SELECT u.id AS "userId", n.id, n.type, n.order_id AS "orderId", n.variant_id AS "variantId", n.quantity,
           n.created_at AS "createdAt", n.read_at AS "readAt"
    FROM unnest(${[...userIds]}::uuid[]) AS u(id)
    CROSS JOIN LATERAL (
      SELECT * FROM notification n WHERE n.user_id = u.id AND ${below}
      ORDER BY n.created_at DESC, n.id DESC LIMIT ${page.limit + 1}::int
    ) n
    ORDER BY n.created_at DESC, n.id DESC`;
}

export async function countUnread(db: Db, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ userId: string; count: number }[]>`
    SELECT user_id AS "userId", count(*)::int AS count FROM notification
    WHERE user_id = ANY(${[...userIds]}::uuid[]) AND read_at IS NULL GROUP BY user_id`;
  return new Map(rows.map((row) => [row.userId, row.count]));
}

export interface News {
  eventId: string;
  type: NotificationType;
  orderId: string | null;
  variantId: string | null;
  /** Pieces to order. */
  quantity?: number;
  createdAt: Date;
}

export interface Addressed extends News {
  id: string;
  userId: string;
}

/** One statement; who has been told of an event is not told again, and who has no account is passed over. */
export async function insertNotifications(db: Db, notifications: readonly Addressed[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO notification (id, user_id, event_id, type, order_id, variant_id, quantity, created_at)
    SELECT n.id, n."userId", n."eventId", n.type, n."orderId", n."variantId", n.quantity, n."createdAt"
    FROM jsonb_to_recordset(${JSON.stringify(notifications)}::jsonb) AS n(
      id uuid, "userId" uuid, "eventId" uuid, type text, "orderId" uuid, "variantId" uuid, quantity int, "createdAt" timestamptz)
    WHERE (SELECT u.deleted_at IS NULL FROM user_account u WHERE u.id = n."userId")
    ORDER BY n."userId"
    ON CONFLICT (user_id, event_id) DO NOTHING`;
}

/** Ids of those who hold one of the roles. */
export async function readStaffIds(db: Db, roles: readonly Role[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM user_account
    WHERE roles && ${[...roles]}::text[] AND roles <> ARRAY['customer'] AND deleted_at IS NULL`;
  return rows.map((row) => row.id);
}

/** Marks those of the user that are new: of `ids`, or all; how many. */
export async function markRead(
  db: Db,
  userId: string,
  ids: readonly string[] | null,
  now: Date,
): Promise<number> {
  const { count } = await db.notification.updateMany({
    where: { userId, readAt: null, ...(ids ? { id: { in: [...ids] } } : {}) },
    data: { readAt: now },
  });
  return count;
}
