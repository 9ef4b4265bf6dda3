import DataLoader from 'dataloader';
import type { Db } from '../context.js';
import { createPageLoader, type PageLoader } from '../page-loader.js';
import type { Notification } from './rules.js';
import { countUnread, readNotifications } from './store.js';

export interface NotificationLoaders {
  notificationPage: PageLoader<Notification>;
  unreadCountByUser: DataLoader<string, number>;
}

export const createNotificationLoaders = ({ db }: { db: Db }): NotificationLoaders => ({
  notificationPage: createPageLoader((userIds, page) => readNotifications(db, userIds, page)),
  unreadCountByUser: new DataLoader(
    async (userIds: readonly string[]) => {
      const counts = await countUnread(db, userIds);
      return userIds.map((userId) => counts.get(userId) ?? 0);
    },
    { cache: false },
  ),
});
