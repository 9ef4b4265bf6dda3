/** Relay connections over a stable sort: opaque cursors, 20 a page, at most 100; more is an error, not a clamp. */
import { badInput } from './errors.js';
import { isId } from './ids.js';

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

/** What a value of a sort key must look like, so that a made-up cursor is refused before the database stumbles on it. */
export type KeyKind = 'id' | 'time' | 'number' | 'text';

const isOfKind: Record<KeyKind, (value: string) => boolean> = {
  id: isId,
  time: (value) => !Number.isNaN(Date.parse(value)),
  number: (value) => /^-?\d{1,16}(\.\d{1,20})?(e-\d{1,2})?$/i.test(value),
  text: (value) => !value.includes('\u0000'),
};

/** Reads `first` and `after`; `key` says what the list is sorted by. */
export function pageOf({ first, after }: PageArguments, key: readonly KeyKind[]): Page {
  const limit = first ?? defaultPageSize;
  if (limit < 1 || limit > maxPageSize) {
    throw badInput(`first must be 1 to ${maxPageSize}, not ${limit}.`, ['first']);
  }
  return { limit, after: after == null ? null : decodeCursor(after, key) };
}

export const encodeCursor = (key: readonly string[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

const fits = (kind: KeyKind, value: unknown): boolean => typeof value === 'string' && isOfKind[kind](value);

function decodeCursor(cursor: string, key: readonly KeyKind[]): string[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isCursor = Array.isArray(values) && values.length === key.length;
    if (isCursor && key.every((kind, i) => fits(kind, values[i]))) return values as string[];
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
