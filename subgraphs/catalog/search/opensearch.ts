/**
 * Search on OpenSearch: words and their forms by the english analyzer, misspelt and compound ones by trigrams. Readers
 * and writers use an alias; it is set when an index has been filled, so a half-filled one is never asked.
 */
import { Client } from '@opensearch-project/opensearch';
import type { SearchEngine } from './engine.js';
import { bodyOf, resultOf, suggestionsOf, type Answer } from './opensearch-query.js';
import { indexBody } from './opensearch-index.js';
import { wordsOf, type SearchDocument } from './rules.js';

/** There is no index to write to: it has been lost, or was never made. */
export class IndexMissing extends Error {}

export interface OpenSearchEngine extends SearchEngine {
  /** How many documents there are and the sum of their revisions; null when there is no index. */
  fingerprint(): Promise<{ count: number; revisions: number } | null>;
  /** Makes a new index, has `fill` write to it, and puts it in the place of the present one, if any. */
  rebuild(
    name: string,
    fill: (write: (documents: readonly SearchDocument[]) => Promise<void>) => Promise<void>,
  ): Promise<void>;
  /** Removes the index: for tests. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenSearchOptions {
  url: string;
  /** Several shops on one server stay apart. */
  prefix: string;
  /** Answers to `index` only when search sees the documents: for tests, since it costs up to a second. */
  waitForRefresh?: boolean;
}

interface BulkItem {
  index?: { status: number; error?: { type: string; reason?: string } };
}

function checkBulk(items: readonly BulkItem[]): void {
  for (const { index } of items) {
    // 409: the index has a newer revision.
    if (!index?.error || index.status === 409) continue;
    if (index.error.type === 'index_not_found_exception') throw new IndexMissing('there is no product index');
    throw new Error(`OpenSearch refused a document: ${index.error.type} ${index.error.reason ?? ''}`);
  }
}

export function createOpenSearchEngine(options: OpenSearchOptions): OpenSearchEngine {
  const client = new Client({ node: options.url, requestTimeout: 5_000, maxRetries: 1 });
  const alias = `${options.prefix}-products`;
  const indexPattern = `${alias}-v1-*`;

  const write = async (target: string, documents: readonly SearchDocument[]): Promise<void> => {
    if (documents.length === 0) return;
    const body = documents.flatMap((document) => [
      { index: { _id: document.id, version: document.revision, version_type: 'external_gte' } },
      document,
    ]);
    const response = await client.bulk({
      index: target,
      require_alias: target === alias,
      refresh: options.waitForRefresh ? 'wait_for' : false,
      body: body as object[],
    });
    if (response.body.errors) checkBulk(response.body.items as BulkItem[]);
  };

  return {
    name: 'OPENSEARCH',
    index: (documents) => write(alias, documents),
    search: async (request) => {
      const { body } = await client.search({ index: alias, body: bodyOf(request) as object });
      return resultOf(body as unknown as Answer, request);
    },
    suggest: async (prefix, limit) => {
      const words = wordsOf(prefix);
      if (words.length === 0) return [];
      const { body } = await client.search({ index: alias, body: suggestionsOf(words) as object });
      return namesOf(body as unknown as Answer, words.join(' '), limit);
    },
    fingerprint: async () => {
      const { body: exists } = await client.indices.existsAlias({ name: alias });
      if (!exists) return null;
      const { body } = await client.search({
        index: alias,
        body: { size: 0, track_total_hits: true, aggs: { revisions: { sum: { field: 'revision' } } } },
      });
      const answer = body as unknown as Answer & { aggregations: { revisions: { value: number } } };
      return { count: answer.hits.total.value, revisions: answer.aggregations.revisions.value };
    },
    rebuild: async (name, fill) => {
      const index = `${alias}-v1-${name}`;
      await client.indices.create({ index, body: indexBody as object });
      await fill((documents) => write(index, documents));
      await client.indices.refresh({ index });
      const { body } = await client.indices.get({ index: indexPattern });
      const old = Object.keys(body).filter((other) => other !== index);
      await client.indices.updateAliases({
        body: {
          actions: [{ add: { index, alias } }, ...old.map((other) => ({ remove_index: { index: other } }))],
        },
      });
    },
    drop: async () => void (await client.indices.delete({ index: indexPattern })),
    close: () => client.close(),
  };
}

/** Those that go on as the prefix begins first, then the shorter ones: the order that Postgres gives. */
function namesOf(answer: Answer, prefix: string, limit: number): string[] {
  const names = [...new Set(answer.hits.hits.map((hit) => hit._source?.name ?? ''))];
  const rank = (name: string): number => (name.toLowerCase().startsWith(prefix) ? 0 : 1);
  return names.sort((a, b) => rank(a) - rank(b) || a.length - b.length || (a < b ? -1 : 1)).slice(0, limit);
}
