/** A running gateway over the toy graph, and a client's side of it. */
import { createClient, type Client, type ClientOptions, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import { startGateway, type Gateway, type GatewayOptions } from '../server.js';
import { InvalidTokenError } from '../token.js';
import { createToyGraph, type ToyGraph } from './toy-graph.js';

export interface Running extends ToyGraph {
  gateway: Gateway;
  logged: { level: string; facts: object; message: string }[];
  post: (
    body: object,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; headers: Headers; body: Answer }>;
  origin: string;
}

export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

/** Tokens of the tests say what they are: `<sub>` or `<sub>:<seconds until expiry>`. */
async function verifyToken(token: string): Promise<Record<string, unknown>> {
  const [sub, seconds = '60'] = token.split(':');
  if (sub === 'bad') throw new InvalidTokenError("The access token's signature is wrong.");
  if (sub === 'down') throw new Error('connect ECONNREFUSED users');
  return { sub, exp: Date.now() / 1000 + Number(seconds) };
}

export async function start(options: Partial<GatewayOptions> = {}): Promise<Running> {
  const graph = createToyGraph();
  const logged: Running['logged'] = [];
  const line = (level: string) => (facts: object, message: string) =>
    void logged.push({ level, facts, message });
  const gateway = await startGateway({
    ...graph,
    verifyToken,
    forwardedHeaders: ['x-currency'],
    port: 0,
    ready: async () => ({ books: { status: 'up' } }),
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    ...options,
  });
  const post: Running['post'] = async (body, headers = {}) => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
  };
  return { ...graph, gateway, logged, post, origin: new URL(gateway.url).origin };
}

export function connect({ gateway }: Running, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: gateway.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options,
  });
}

export interface Subscribed {
  results: FormattedExecutionResult<Record<string, unknown>, unknown>[];
  /** Resolves when the server completes it, rejects with what `error` was given. */
  done: Promise<void>;
  stop: () => void;
}

export function subscribe(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Subscribed {
  const results: Subscribed['results'] = [];
  let stop = (): void => undefined;
  const done = new Promise<void>((resolve, reject) => {
    stop = client.subscribe(
      { query, variables },
      { next: (result) => void results.push(result), complete: resolve, error: reject },
    );
  });
  done.catch(() => undefined);
  return { results, done, stop: () => stop() };
}
