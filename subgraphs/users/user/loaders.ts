import DataLoader from 'dataloader';
import { isId } from '../../shared/ids.js';
import type { Vault } from '../../shared/vault.js';
import type { Db } from '../context.js';
import type { User } from './rules.js';
import { readUsers } from './store.js';

export interface UserLoaders {
  /** Null for the unknown, the deleted, and guests. */
  userById: DataLoader<string, User | null>;
}

export const createUserLoaders = ({ db, vault }: { db: Db; vault: Vault }): UserLoaders => ({
  userById: new DataLoader(async (ids: readonly string[]) => {
    const users = await readUsers(db, vault, ids.filter(isId));
    const byId = new Map(users.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  }),
});
