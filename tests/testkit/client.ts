/** A client for tests that ask odd things; `typed` is the one that apps use. */
import { parse, type TypedQueryDocumentNode } from 'graphql';
import WebSocket from 'ws';
import { createClient as createTypedClient, type Client as TypedClient } from '../../client/client.js';
import { eventually, patienceMs } from './eventually.js';

export interface GraphQLAnswer {
  status: number;
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code?: string } }[];
}

export interface Client {
  /** The whole answer, errors included. */
  request(query: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  /**
   * The data; throws when the answer has errors. What the shop had no room for is asked again, as its message says: so many at
   * once may be too many for a machine that is busy.
   */
  // The shape is the test's to assert.
  data<T = Record<string, never>>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** Events as they come; `next` waits for one, as long as `eventually` does. */
  subscribe<T>(query: string, variables?: Record<string, unknown>): Stream<T>;
  /** The same client with an access token. */
  as(token: string): Client;
  /** The same for operations of client/operations. */
  typed: TypedClient;
}

export interface Stream<T> {
  next(): Promise<T>;
  close(): Promise<void>;
}

/** With these the shop says "try again, with the same keys". */
export const againCodes: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'RETRY_LATER', 'TRY_AGAIN']);

export const isBusy = ({ errors = [] }: GraphQLAnswer): boolean =>
  errors.some(({ extensions }) => againCodes.has(extensions.code ?? ''));

const graphqlUrl = (url: string): string => new URL('/graphql', url).toString();

function subscribe<T>(client: TypedClient, query: string, variables: Record<string, unknown>): Stream<T> {
  const document = parse(query) as TypedQueryDocumentNode<T, Record<string, unknown>>;
  const events = client.subscribe(document, variables);
  return {
    next: async () => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`No event within ${patienceMs / 1000} s.`)), patienceMs);
      });
      const { done, value } = await Promise.race([events.next(), timeout]).finally(() => clearTimeout(timer));
      if (done) throw new Error('The stream ended.');
      return value;
    },
    close: async () => void (await events.return()),
  };
}

export function createClient(url: string, headers: Record<string, string> = {}): Client {
  const typed = createTypedClient({ url: graphqlUrl(url), headers, webSocket: WebSocket });
  const request: Client['request'] = async (query, variables = {}) => {
    const response = await fetch(graphqlUrl(url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as Omit<GraphQLAnswer, 'status'>;
    return { status: response.status, ...answer };
  };
  return {
    request,
    data: async <T>(query: string, variables?: Record<string, unknown>) => {
      const { data, errors } = await eventually(
        () => request(query, variables),
        (answer) => !isBusy(answer),
      );
      if (errors) throw new Error(JSON.stringify(errors, null, 1));
      return data as T;
    },
    subscribe: (query, variables = {}) => subscribe(typed, query, variables),
    as: (token) => createClient(url, { ...headers, authorization: `Bearer ${token}` }),
    typed,
  };
}
