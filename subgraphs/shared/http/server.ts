/**
 * A subgraph behind HTTP: POST /graphql for signed requests, answered with JSON or, where `text/event-stream` is asked
 * for, with a stream of results; GET /health and /ready for who starts and watches processes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult } from 'graphql';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Subgraph, SubgraphRequest } from '../subgraph.js';
import { isMutation } from './operation.js';
import {
  audienceOf,
  createVerifier,
  nonceOf,
  signatureHeader,
  toleranceMs,
  type ServiceKey,
} from './signature.js';

export interface SubgraphServerOptions {
  subgraph: Subgraph;
  host: string;
  /** 0 takes a free one. */
  port: number;
  keys: readonly ServiceKey[];
  /** Whether this process is the first of its kind to say `word`; so a mutation's signature is good once for all of them. */
  isFirst?: (word: string, forMs: number) => Promise<boolean>;
  clock: Clock;
  log: Log;
}

export interface SubgraphServer {
  port: number;
  /** Takes no new work and waits for what runs, `drainMs` at most; streams are ended at once, their readers come back. */
  stop(): Promise<void>;
}

/** The largest body that is read. A gateway's fetch for a thousand entities is some hundred kilobytes. */
const maxBodyBytes = 16 * 1024 * 1024;
const drainMs = 10_000;
/** A silent stream says by this that it lives: its reader gives up after three. */
export const heartbeatMs = 10_000;

const bodySchema = z.object({
  query: z.string(),
  operationName: z.string().optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
  caller: z.object({
    claims: z.record(z.string(), z.unknown()).nullable(),
    headers: z.record(z.string(), z.string()),
    correlationId: z.string(),
    clientAddress: z.string().optional(),
    clientCountry: z.string().optional(),
  }),
});

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reply(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const refusal = (code: string, message: string) => ({ errors: [{ message, extensions: { code } }] });

function requestOf(body: Buffer): SubgraphRequest | undefined {
  try {
    const parsed = bodySchema.safeParse(JSON.parse(body.toString('utf8')));
    return parsed.success ? (parsed.data as SubgraphRequest) : undefined;
  } catch {
    return undefined;
  }
}

type Streams = Set<() => void>;

export const eventStream = 'text/event-stream';

/** Waits for a reader that is slow, or gone. */
const readOrGone = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });

/** Each result is an event `next`; `complete` ends the stream, after which its reader does not come back. */
async function stream(
  results: AsyncIterableIterator<ExecutionResult>,
  response: ServerResponse,
  open: Streams,
): Promise<void> {
  const free = (): void => void results.return?.().catch(() => {});
  // Whoever has gone meanwhile will not close again.
  if (response.destroyed) return free();
  response.writeHead(200, { 'content-type': eventStream, 'cache-control': 'no-store' });
  response.write(':\n\n');
  const heartbeat = setInterval(() => response.write(':\n\n'), heartbeatMs);
  const end = (): void => void response.destroy();
  open.add(end);
  response.once('close', () => {
    open.delete(end);
    clearInterval(heartbeat);
    free();
  });
  for await (const result of results) {
    if (response.destroyed) return;
    const isRead = response.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
    if (!isRead && !response.destroyed) await readOrGone(response);
  }
  if (!response.destroyed) response.end('event: complete\ndata:\n\n');
}

/** Listens when the promise resolves. */
export async function startSubgraphServer(options: SubgraphServerOptions): Promise<SubgraphServer> {
  const { subgraph, host, log, isFirst = async () => true } = options;
  const verify = createVerifier(options.keys, options.clock);
  const streams: Streams = new Set();

  async function graphql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (!body) return reply(response, 413, refusal('PAYLOAD_TOO_LARGE', 'The body is too large.'));
    const header = request.headers[signatureHeader];
    const signature = typeof header === 'string' ? header : undefined;
    const isStream = request.headers.accept === eventStream;
    const parsed = requestOf(body);
    const fault =
      verify(audienceOf(subgraph.name, isStream), signature, body) ??
      (parsed && isMutation(parsed.query) && !(await isFirst(nonceOf(signature ?? ''), 2 * toleranceMs))
        ? 'replayed'
        : undefined);
    if (fault) {
      log.warn({ fault, from: request.socket.remoteAddress }, 'a request was not signed as it must be');
      const message = `${subgraph.name} answers signed requests of the gateway and of other subgraphs only.`;
      return reply(response, 401, refusal('UNSIGNED_REQUEST', message));
    }
    if (!parsed) return reply(response, 400, refusal('BAD_REQUEST', 'The body is not a request.'));
    if (!isStream) return reply(response, 200, await subgraph.execute(parsed));
    const results = await subgraph.subscribe(parsed);
    if (Symbol.asyncIterator in results) await stream(results, response, streams);
    else reply(response, 200, results);
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    if (url === '/health') return reply(response, 200, { status: 'up' });
    if (url === '/ready')
      return subgraph.ready().then(
        (detail) =>
          reply(response, 200, detail === undefined ? { status: 'up' } : { status: 'degraded', detail }),
        () => reply(response, 503, { status: 'down' }),
      );
    if (url === '/graphql' && method === 'POST') return graphql(request, response);
    return reply(response, 404, refusal('NOT_FOUND', 'There is POST /graphql, GET /health and GET /ready.'));
  }

  const http = createServer({ keepAliveTimeout: 65_000, requestTimeout: 30_000 }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      log.error({ err: error }, 'a request failed');
      if (response.headersSent) response.destroy();
      else reply(response, 500, refusal('INTERNAL_SERVER_ERROR', 'Something broke; it has been noted.'));
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, host, resolve);
  });
  return {
    port: (http.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise((resolve) => http.close(resolve));
      for (const end of streams) end();
      const late = setTimeout(() => http.closeAllConnections(), drainMs);
      http.closeIdleConnections();
      await closed;
      clearTimeout(late);
    },
  };
}
