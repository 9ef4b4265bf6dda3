import DataLoader from 'dataloader';
import type { Db } from '../context.js';
import type { RiskListEntry } from './rules.js';
import { findEntries } from './store.js';

export interface RiskListLoaders {
  riskListEntry: DataLoader<string, RiskListEntry | null>;
}

export const createRiskListLoaders = (db: Db): RiskListLoaders => ({
  riskListEntry: new DataLoader(async (ids) => {
    const found = new Map((await findEntries(db, ids)).map((entry) => [entry.id, entry]));
    return ids.map((id) => found.get(id) ?? null);
  }),
});
