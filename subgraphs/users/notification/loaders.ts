import DataLoader from 'dataloader';
import { pageOf, type PageArguments } from '../../shared/pages.js';
import type { Db } from '../context.js';
import type { Notification } from './rules.js';
import { countUnread, readNotifications } from './store.js';

export interface NotificationLoaders {
  /** Pages of notifications; those with the same arguments are one statement. */
  notificationPage: (parameters: PageArguments) => DataLoader<string, Notification[]>;
  unreadCountByUser: DataLoader<string, number>;
}

export function createNotificationLoaders({ db }: { db: Db }): NotificationLoaders {
  const loaders = new Map<string, DataLoader<string, Notification[]>>();
  return {
    notificationPage: (parameters) => {
      const page = pageOf(parameters, ['time', 'id']);
      const name = JSON.stringify(page);
      let loader = loaders.get(name);
      if (!loader) {
        loader = new DataLoader(
          async (userIds: readonly string[]) => {
            const found = await readNotifications(db, userIds, page);
            return userIds.map((userId) => found.filter((one) => one.userId === userId));
          },
          { cache: false },
        );
        loaders.set(name, loader);
      }
      return loader;
    },
    unreadCountByUser: new DataLoader(
      async (userIds: readonly string[]) => {
        const counts = await countUnread(db, userIds);
        return userIds.map((userId) => counts.get(userId) ?? 0);
      },
      { cache: false },
    ),
  };
}
