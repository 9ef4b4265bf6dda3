/** The contract of a search engine. One test, tests/search-engine.test.ts, runs against each. */
import type { EngineName, SearchDocument, SearchRequest, SearchResult } from './rules.js';

export interface SearchEngine {
  readonly name: EngineName;
  /** Takes documents in; one whose revision is older than what the engine has is passed over. */
  index(documents: readonly SearchDocument[]): Promise<void>;
  search(request: SearchRequest): Promise<SearchResult>;
  /** Names of listed products that have words beginning as those of `prefix`, best first, each name once. */
  suggest(prefix: string, limit: number): Promise<string[]>;
}
