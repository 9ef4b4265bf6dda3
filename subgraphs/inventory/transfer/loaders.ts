import DataLoader from 'dataloader';
import type { Db } from '../database.js';
import type { LevelKey } from '../stock/rules.js';
import { findIncoming } from './store.js';

export interface TransferLoaders {
  /** Pieces on their way to a level. */
  incoming: DataLoader<LevelKey, number, string>;
}

const keyOf = ({ variantId, warehouseId }: LevelKey): string => `${variantId}/${warehouseId}`;

export function createTransferLoaders(db: Db): TransferLoaders {
  return {
    incoming: new DataLoader(
      async (keys) => {
        const found = new Map((await findIncoming(db, keys)).map((row) => [keyOf(row), row.pieces]));
        return keys.map((key) => found.get(keyOf(key)) ?? 0);
      },
      { cacheKeyFn: keyOf },
    ),
  };
}
