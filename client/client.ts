/**
 * The typed client of the shop's public API, for apps in browsers and in Node.js 20 and later. Its operations are
 * `client/operations/*.graphql`; `npm run generate` makes `operations.generated.ts` of them.
 */
import type { TypedQueryDocumentNode } from 'graphql';
import { createClient as createWebSocketClient, type Client as WebSocketClient } from 'graphql-ws';
import { RefusedError, type Refusal } from './errors.js';
import { request } from './http.js';
import { liveEvents, mayRetry, type LiveEvents } from './live.js';

/** An access token, or how to get one: it is asked before each request and each live connection, so it may refresh. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

export interface ClientOptions {
  /** The gateway's: `http://localhost:4000/graphql`. */
  url: string;
  token?: Token | undefined;
  /** Sent with everything: `accept-language`, `x-currency`. */
  headers?: Record<string, string>;
  /** Where there is no global `WebSocket` (Node.js before 22): that of the package `ws`. Needed for `subscribe` alone. */
  webSocket?: unknown;
}

/** Variables may be left out where none is needed. */
export type VariablesOf<Variables> =
  Record<string, never> extends Variables ? [variables?: Variables] : [variables: Variables];

/** All three throw GraphQLRequestError; what the customer did wrong is in the payload's `userErrors`. */
export interface Client {
  query<Data, Variables>(
    document: TypedQueryDocumentNode<Data, Variables>,
    ...variables: VariablesOf<Variables>
  ): Promise<Data>;
  mutate<Data, Variables>(
    document: TypedQueryDocumentNode<Data, Variables>,
    ...variables: VariablesOf<Variables>
  ): Promise<Data>;
  /** Begins at once with what is so now; connects again by itself after a gap, and begins anew. */
  subscribe<Data, Variables>(
    document: TypedQueryDocumentNode<Data, Variables>,
    ...variables: VariablesOf<Variables>
  ): LiveEvents<Data>;
  /** The same client for somebody else; nobody when absent. */
  as(token?: Token): Client;
}

/** A client; connections are made when they are needed, and closed when the last subscription ends. */
export function createClient(options: ClientOptions): Client {
  const { url, token, headers = {}, webSocket } = options;
  const allHeaders = async (): Promise<Record<string, string>> => {
    const accessToken = typeof token === 'function' ? await token() : token;
    return accessToken === undefined ? headers : { ...headers, authorization: `Bearer ${accessToken}` };
  };

  let socket: WebSocketClient | undefined;
  const connection = (): WebSocketClient => {
    if (webSocket === undefined && typeof globalThis.WebSocket === 'undefined') {
      throw new Error(
        'There is no WebSocket here: pass createClient({ webSocket }), that of the package ws.',
      );
    }
    return (socket ??= createWebSocketClient({
      url: url.replace(/^http/, 'ws'),
      connectionParams: allHeaders,
      shouldRetry: (event) => mayRetry(event, typeof token === 'function'),
      ...(webSocket === undefined ? {} : { webSocketImpl: webSocket }),
    }));
  };

  const send: Client['query'] = async <Data, Variables>(
    document: TypedQueryDocumentNode<Data, Variables>,
    ...[variables]: VariablesOf<Variables>
  ) => (await request(url, await allHeaders(), document, variables)) as Data;
  return {
    query: send,
    mutate: send,
    subscribe: <Data, Variables>(
      document: TypedQueryDocumentNode<Data, Variables>,
      ...[variables]: VariablesOf<Variables>
    ) => liveEvents(connection(), url, document, variables) as LiveEvents<Data>,
    as: (other) => createClient({ ...options, token: other }),
  };
}

/**
 * One field of a mutation's payload, for who does not expect a refusal:
 * `accepted((await client.mutate(PlaceOrderDocument, { input })).placeOrder, 'order')`.
 * @throws RefusedError when the payload has `userErrors`
 */
export function accepted<
  Payload extends { userErrors: readonly Refusal[] },
  Field extends Exclude<keyof Payload, 'userErrors'>,
>(payload: Payload, field: Field): NonNullable<Payload[Field]> {
  const value = payload[field];
  if (payload.userErrors.length > 0 || value == null) throw new RefusedError(payload.userErrors);
  return value;
}
