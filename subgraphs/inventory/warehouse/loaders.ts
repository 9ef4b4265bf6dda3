import DataLoader from 'dataloader';
import { isId } from '../../shared/ids.js';
import type { Db } from '../database.js';
import type { Warehouse } from './rules.js';
import { findByIds } from './store.js';

export interface WarehouseLoaders {
  warehouse: DataLoader<string, Warehouse | null>;
}

export function createWarehouseLoaders(db: Db): WarehouseLoaders {
  return {
    warehouse: new DataLoader(async (ids) => {
      const found = new Map((await findByIds(db, ids.filter(isId))).map((row) => [row.id, row]));
      return ids.map((id) => found.get(id) ?? null);
    }),
  };
}
