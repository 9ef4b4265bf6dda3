import DataLoader from 'dataloader';
import type { Db } from '../context.js';
import type { Account } from './rules.js';
import { readAccounts } from './store.js';

export interface AccountLoaders {
  /** Every user has an account: an empty one where nothing was entered. */
  accountByUser: DataLoader<string, Account>;
}

export const createAccountLoaders = (db: Db): AccountLoaders => ({
  accountByUser: new DataLoader(
    async (userIds: readonly string[]) => {
      const accounts = new Map((await readAccounts(db, userIds)).map((one) => [one.userId, one]));
      return userIds.map((userId) => accounts.get(userId) ?? { userId, balance: 0 });
    },
    { cache: false },
  ),
});
