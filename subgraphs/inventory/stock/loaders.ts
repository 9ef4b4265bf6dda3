import DataLoader from 'dataloader';
import { isId } from '../../shared/ids.js';
import type { Db } from '../database.js';
import { nothing, type Stock, type StockLevel } from './rules.js';
import { countPieces, findLevels, findStock } from './store.js';

export interface StockLoaders {
  /** What can be sold of a variant. */
  stock: DataLoader<string, Stock>;
  /** Levels of a variant, by warehouse code. */
  levels: DataLoader<string, StockLevel[]>;
  /** Pieces that lie in a warehouse. */
  pieces: DataLoader<string, number>;
}

export function createStockLoaders(db: Db): StockLoaders {
  return {
    stock: new DataLoader(async (variantIds) => {
      const found = new Map(
        (await findStock(db, variantIds.filter(isId))).map((row) => [row.variantId, row]),
      );
      return variantIds.map((id) => found.get(id) ?? nothing);
    }),
    levels: new DataLoader(async (variantIds) => {
      const found = new Map<string, StockLevel[]>(variantIds.map((id) => [id, []]));
      for (const level of await findLevels(db, variantIds.filter(isId)))
        found.get(level.variantId)?.push(level);
      return variantIds.map((id) => found.get(id) ?? []);
    }),
    pieces: new DataLoader(async (warehouseIds) => {
      const found = new Map(
        (await countPieces(db, warehouseIds)).map((row) => [row.warehouseId, row.pieces]),
      );
      return warehouseIds.map((id) => found.get(id) ?? 0);
    }),
  };
}
