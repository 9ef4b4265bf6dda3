import { createBaseContext, type BaseContext, type Parts } from '../shared/parts.js';
import type { Caller } from '../shared/caller.js';
import type { Db } from './database.js';
import { createLoaders, type Loaders } from './loaders.js';
import type { OpenSearchEngine } from './search/opensearch.js';
import type { NewTail } from './sku/service.js';

export interface Context extends BaseContext {
  db: Db;
  loaders: Loaders;
  newTail: NewTail;
  /** OpenSearch where the shop has one; search falls back on Postgres when it fails. */
  openSearch: OpenSearchEngine | null;
}

export interface ContextParts extends Parts {
  db: Db;
  newTail: NewTail;
  openSearch: OpenSearchEngine | null;
}

/** A fresh context for one request, one event of a subscription or one batch of messages. */
export const createContext = (parts: ContextParts, caller: Caller): Context => ({
  ...createBaseContext(parts, 'catalog', caller),
  db: parts.db,
  loaders: createLoaders(parts.db),
  newTail: parts.newTail,
  openSearch: parts.openSearch,
});
