/** Relay connections over a stable sort: opaque cursors, 20 a page, at most 100; more is an error, not a clamp. */
import { badInput } from './errors.js';

export const defaultPageSize = 20;
export const maxPageSize = 100;

export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

export interface Page {
  /** Rows to show. Read one more: it tells whether there is a next page. */
  limit: number;
  /** The sort key values of the row after which the page begins. */
  after: string[] | null;
}

/** Reads `first` and `after`; `keys` is how many values the sort key has. */
export function pageOf({ first, after }: PageArguments, keys: number): Page {
  const limit = first ?? defaultPageSize;
  if (limit < 1 || limit > maxPageSize) {
    throw badInput(`first must be 1 to ${maxPageSize}, not ${limit}.`, ['first']);
  }
  return { limit, after: after == null ? null : decodeCursor(after, keys) };
}

export const encodeCursor = (key: readonly string[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

function decodeCursor(cursor: string, keys: number): string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === keys && key.every((value) => typeof value === 'string'))
      return key;
  } catch {
    // not ours: the error below says so
  }
  throw badInput('after is not a cursor of this list: take endCursor of its pageInfo.', ['after']);
}

export interface Edge<Node> {
  cursor: string;
  node: Node;
}

export interface Connection<Node> {
  edges: Edge<Node>[];
  nodes: Node[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/**
 * A connection from the `limit + 1` rows that a store read for `page`; `keyOf` gives the sort key as text, in the
 * store's order.
 */
export function connectionOf<Node>(
  rows: readonly Node[],
  page: Page,
  keyOf: (node: Node) => string[],
): Connection<Node> {
  const nodes = rows.slice(0, page.limit);
  const edges = nodes.map((node) => ({ node, cursor: encodeCursor(keyOf(node)) }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: rows.length > page.limit,
      hasPreviousPage: page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
