import DataLoader from 'dataloader';
import type { Vault } from '../../shared/vault.js';
import type { Db } from '../context.js';
import type { Address } from './rules.js';
import { readAddresses } from './store.js';

export interface AddressLoaders {
  addressesByUser: DataLoader<string, Address[]>;
}

export const createAddressLoaders = ({ db, vault }: { db: Db; vault: Vault }): AddressLoaders => ({
  addressesByUser: new DataLoader(async (userIds: readonly string[]) => {
    const addresses = await readAddresses(db, vault, userIds);
    return userIds.map((userId) => addresses.filter((address) => address.userId === userId));
  }),
});
