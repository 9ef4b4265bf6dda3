/** Operations over WebSocket, protocol graphql-transport-ws. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  parse,
  GraphQLSchema,
  type ExecutionArgs,
  type FormattedExecutionResult,
  type GraphQLError,
} from 'graphql';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Authenticate } from './authentication.js';
import { allowedHeaders, clientAddressOf, clientCountryOf, correlationIdOf } from './context.js';
import { refuseCardNumbers } from './card-numbers.js';
import { clientError, withoutHttp } from './errors.js';
import type { InFlight } from './in-flight.js';
import { runOperation, type Outcome, type Pipeline } from './operation.js';
import type { Caller } from './source.js';
import { expiryOf, type Claims } from './token.js';

export interface WebSocketOptions {
  pipeline: Pipeline;
  authenticate: Authenticate;
  forwardedHeaders: readonly string[];
  trustedProxies: number;
  countryHeader: string | undefined;
  inFlight: InFlight;
  isStopping: () => boolean;
  clock: () => Date;
}

export interface WebSockets {
  /** Takes over an HTTP connection that asked for the upgrade. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket with 1001; those that do not answer are cut. */
  close(): Promise<void>;
}

interface Connection {
  claims: Claims | null;
  expiry?: NodeJS.Timeout;
}
type ConnectionExtra = Extra & Partial<{ connection: Connection }>;

const forbidden = 4403;
const tryAgainLater = 1013;
const closeCodes: Record<string, number> = { UNAUTHENTICATED: forbidden, CARD_NUMBER_REFUSED: 4400 };
const longestTimeout = 2 ** 31 - 1;

/** A close frame has room for 123 bytes of reason. */
const closeReason = (text: string): string => Buffer.from(text).subarray(0, 123).toString();

/** Ends the connection when its token does; long waits go in steps, since a timer holds at most 24 days. */
function closeAtExpiry(extra: ConnectionExtra, expiresAt: number, clock: () => Date): void {
  const left = expiresAt - clock().getTime();
  if (left <= 0) return extra.socket.close(forbidden, 'The access token expired.');
  const wait = Math.min(left, longestTimeout);
  const expiry = setTimeout(() => closeAtExpiry(extra, expiresAt, clock), wait).unref();
  if (extra.connection) extra.connection.expiry = expiry;
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const header = (request: IncomingMessage, name: string): string | undefined => asText(request.headers[name]);

/**
 * graphql-ws wants a document to tell a stream from a single result, and then calls `subscribe` or `execute`. The pipeline
 * has done the work by then, and with a persisted query only it knows the document, so these stand in.
 */
const schema = new GraphQLSchema({});
const streamDocument = parse('subscription { __typename }');
const resultDocument = parse('{ __typename }');
const outcomes = new WeakMap<object, Exclude<Outcome, { kind: 'refused' }>>();

function executionArgs(outcome: Exclude<Outcome, { kind: 'refused' }>): ExecutionArgs {
  const contextValue = {};
  outcomes.set(contextValue, outcome);
  return { schema, document: outcome.kind === 'stream' ? streamDocument : resultDocument, contextValue };
}

function outcomeOf({ contextValue }: ExecutionArgs) {
  const outcome = outcomes.get(contextValue as object);
  if (!outcome) throw new Error('An operation was executed that onSubscribe did not prepare.');
  // The type asks for graphql-js' own errors; these are formatted, and `onNext` sends them as they are.
  return (outcome.kind === 'stream' ? outcome.stream : outcome.result) as
    AsyncIterable<{ data?: null }> | { data?: null };
}

export function createWebSockets(options: WebSocketOptions): WebSockets {
  const { pipeline, authenticate, inFlight } = options;
  const { limits } = pipeline;
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes });

  function callerOf(extra: ConnectionExtra, params: Record<string, unknown>): Caller {
    const { request } = extra;
    const forwardedFor = header(request, 'x-forwarded-for');
    const clientAddress = clientAddressOf(request.socket.remoteAddress, forwardedFor, options.trustedProxies);
    const clientCountry = clientCountryOf(request.headers, options.countryHeader);
    return {
      claims: extra.connection?.claims ?? null,
      headers: allowedHeaders({ ...request.headers, ...params }, options.forwardedHeaders),
      correlationId: correlationIdOf(params['x-correlation-id']),
      ...(clientAddress ? { clientAddress } : {}),
      ...(clientCountry ? { clientCountry } : {}),
    };
  }

  async function connect(extra: ConnectionExtra, params: Record<string, unknown>): Promise<boolean> {
    try {
      refuseCardNumbers(JSON.stringify(params));
      const claims = await authenticate(params['Authorization'] ?? params['authorization']);
      extra.connection = { claims };
      const expiresAt = claims ? expiryOf(claims) : undefined;
      if (expiresAt !== undefined && extra.socket.readyState === extra.socket.OPEN)
        closeAtExpiry(extra, expiresAt, options.clock);
      return true;
    } catch (error) {
      const { message, extensions } = error as GraphQLError;
      extra.socket.close(closeCodes[extensions['code'] as string] ?? tryAgainLater, closeReason(message));
      return false;
    }
  }

  useServer<Record<string, unknown>, { connection: Connection }>(
    {
      isProd: true,
      onConnect: ({ extra, connectionParams }) => connect(extra, connectionParams ?? {}),
      onClose: ({ extra }) => clearTimeout(extra.connection?.expiry),
      async onSubscribe({ extra, connectionParams, subscriptions }, _id, payload) {
        if (options.isStopping())
          return [clientError('SHUTTING_DOWN', 'This server is shutting down: connect again.')];
        if (Object.keys(subscriptions).length > limits.operationsPerConnection)
          return [
            clientError(
              'TOO_MANY_OPERATIONS',
              `One connection runs at most ${limits.operationsPerConnection} operations at a time.`,
            ),
          ];
        try {
          refuseCardNumbers(JSON.stringify(payload));
        } catch (error) {
          return [withoutHttp(error as GraphQLError)];
        }
        const leave = inFlight.enter();
        const { query, operationName, variables, extensions } = payload;
        const operation = {
          ...(query ? { query } : {}),
          ...(operationName ? { operationName } : {}),
          ...(variables ? { variables } : {}),
          ...(extensions ? { extensions } : {}),
        };
        const caller = callerOf(extra, connectionParams ?? {});
        const outcome = await runOperation(pipeline, operation, caller).finally(leave);
        return outcome.kind === 'refused' ? outcome.errors : executionArgs(outcome);
      },
      execute: outcomeOf,
      subscribe: outcomeOf,
      // The pipeline has formatted the errors; graphql-ws would call `toJSON` on them.
      onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    },
    server,
  );

  return {
    accept(request, socket, head) {
      if (server.clients.size >= limits.connections || options.isStopping()) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
    },
    async close() {
      const clients = [...server.clients];
      const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
      for (const client of clients) client.close(1001, 'The server is shutting down.');
      const cut = setTimeout(() => clients.forEach((client) => client.terminate()), 2_000);
      await Promise.all(closed);
      clearTimeout(cut);
      server.close();
    },
  };
}
