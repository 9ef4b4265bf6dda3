import { badInput } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import {
  connectionOf,
  maxPageSize,
  pageOf,
  type Connection,
  type PageArguments,
} from '../../shared/pages.js';
import { requireUser } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { OrderCustomerDocument } from '../operations/orders.generated.js';
import type { User } from '../user/rules.js';
import { stockRoles, type Notification } from './rules.js';
import { insertNotifications, markRead, readStaffIds, type News } from './store.js';

/** A user's notifications, the newest first. */
export async function notificationsOf(
  ctx: Context,
  userId: string,
  parameters: PageArguments,
): Promise<Connection<Notification>> {
  const found = await ctx.loaders.notificationPage(parameters).load(userId);
  return connectionOf(found, pageOf(parameters, ['time', 'id']), (one) => [
    one.createdAt.toISOString(),
    one.id,
  ]);
}

export const unreadNotificationCountOf = (ctx: Context, userId: string): Promise<number> =>
  ctx.loaders.unreadCountByUser.load(userId);

/** Marks the viewer's own as read. */
export async function markNotificationsRead(
  ctx: Context,
  { ids }: { ids?: readonly string[] | null | undefined },
): Promise<{ markedCount: number; user: User | null }> {
  const userId = requireUser(ctx.viewer);
  if (ids && ids.length > maxPageSize) throw badInput(`ids are ${maxPageSize} at most.`, ['ids']);
  const markedCount = await markRead(ctx.db, userId, ids?.filter(isId) ?? null, ctx.clock());
  return { markedCount, user: await ctx.loaders.userById.load(userId) };
}

/** Tells customers; those without an account are passed over. */
export async function notifyCustomers(
  ctx: Context,
  news: readonly (News & { customerId: string })[],
): Promise<void> {
  const notifications = news.map(({ customerId, ...one }) => ({
    ...one,
    id: ctx.newId(),
    userId: customerId,
  }));
  await insertNotifications(ctx.db, notifications);
}

/** Tells who ordered, whom orders knows; nobody where the order is not there any more. */
export async function notifyAboutOrder(
  ctx: Context,
  orderId: string,
  news: Omit<News, 'orderId'>,
): Promise<void> {
  const { orderForMail: order } = await ctx.call('orders', OrderCustomerDocument, { id: orderId });
  if (order) await notifyCustomers(ctx, [{ ...news, orderId, customerId: order.customerId }]);
}

/** Tells all who keep the stock. */
export async function notifyStockStaff(ctx: Context, news: readonly News[]): Promise<void> {
  const staff = await readStaffIds(ctx.db, stockRoles);
  const notifications = news.flatMap((one) => staff.map((userId) => ({ ...one, id: ctx.newId(), userId })));
  await insertNotifications(ctx.db, notifications);
}
