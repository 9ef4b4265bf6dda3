import DataLoader from 'dataloader';
import { isId } from '../../shared/ids.js';
import type { Db } from '../database.js';
import type { BackorderPolicy } from './rules.js';
import { findPolicies } from './store.js';

export interface BackorderLoaders {
  policy: DataLoader<string, BackorderPolicy | null>;
}

export function createBackorderLoaders(db: Db): BackorderLoaders {
  return {
    policy: new DataLoader(async (variantIds) => {
      const found = new Map(
        (await findPolicies(db, variantIds.filter(isId))).map((one) => [one.variantId, one]),
      );
      return variantIds.map((id) => found.get(id) ?? null);
    }),
  };
}
