import DataLoader from 'dataloader';
import { open, type Vault } from '../../shared/vault.js';
import type { Db } from '../context.js';
import { groupBy } from '../group-by.js';
import { placeOf, type PaymentMethod, type SealedDetails } from './rules.js';
import { findMethodsOfCustomers } from './store.js';

export interface MethodLoaders {
  methodsOfUser: DataLoader<string, PaymentMethod[]>;
  /** Last four digits and expiry; all null once the user's key is destroyed. */
  savedDetails: DataLoader<PaymentMethod, SealedDetails>;
}

export const createMethodLoaders = (db: Db, vault: Vault): MethodLoaders => ({
  methodsOfUser: new DataLoader(async (userIds) => {
    const found = groupBy(await findMethodsOfCustomers(db, userIds), (method) => method.customerId);
    return userIds.map((id) => found.get(id) ?? []);
  }),
  savedDetails: new DataLoader(async (methods) => {
    const keys = await vault.findKeys(
      db,
      methods.map((method) => method.customerId),
    );
    return methods.map(({ id, customerId, sealed }) => {
      const key = keys.get(customerId);
      if (!key) return { last4: null, expiryMonth: null, expiryYear: null };
      return JSON.parse(open(key, placeOf(id), sealed)) as SealedDetails;
    });
  }),
});
