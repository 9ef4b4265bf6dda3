/** The one public endpoint: HTTP and WebSocket in front, any supergraph behind. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { createAuthenticate } from './authentication.js';
import { holdsCardNumber } from './card-numbers.js';
import { correlationIdOf, type GatewayContext } from './context.js';
import { corsHeaders, isAllowedOrigin, type Cors } from './cors.js';
import { formatServerError } from './errors.js';
import { createFederation } from './federation.js';
import { createGraphQLHttp } from './graphql-http.js';
import type { Ready } from './health.js';
import { createInFlight } from './in-flight.js';
import { defaultLimits, type Limits } from './limits.js';
import { apolloLogger, type Log } from './log.js';
import { operationSizeRule } from './query-limits.js';
import { json, send, targetOf } from './reply.js';
import { createRoutes } from './routes.js';
import type { Sources } from './source.js';
import { rememberVerified, type VerifyToken } from './token.js';
import { createWebSockets } from './websocket.js';

export interface GatewayOptions {
  supergraphSdl: string;
  /** By the subgraph's name as in `join__Graph(name:)`. */
  sources: Sources;
  /** The token's claims, `exp` among them. Throws InvalidTokenError when it is bad or expired. */
  verifyToken: VerifyToken;
  /** Request headers, or `connectionParams`, that sources get to see. */
  forwardedHeaders: readonly string[];
  host?: string;
  /** 0 takes a free one. */
  port: number;
  path?: string;
  /** The state of each service, for GET /ready. */
  ready: Ready;
  /** The first query in the landing page. */
  welcomeQuery?: string;
  log: Log;
  limits?: Partial<Limits>;
  introspection?: boolean;
  cors?: Cors;
  /** How many proxies in front append to `x-forwarded-for`. */
  trustedProxies?: number;
  /** The header in which a proxy in front says the connection's country; it must overwrite what clients send in it. */
  countryHeader?: string | undefined;
  /** Against which the expiry of tokens is checked. */
  clock?: () => Date;
}

export interface Gateway {
  url: string;
  port: number;
  /** Refuses new work, waits up to `limits.drainMs` for what runs, then closes every stream and connection. */
  stop(): Promise<void>;
}

function createApolloServer(options: GatewayOptions, limits: Limits): ApolloServer<GatewayContext> {
  const { supergraphSdl, sources, log, introspection = true } = options;
  return new ApolloServer<GatewayContext>({
    gateway: createFederation({ supergraphSdl, sources, limits, log }),
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [operationSizeRule(limits)],
    maxRecursiveSelections: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => formatServerError(formatted, error, log),
    logger: apolloLogger(log),
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginUsageReportingDisabled()],
  });
}

/** A client that sends its headers or its body drop by drop holds a connection no longer than these. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Longer than the 60 s that load balancers keep idle connections, so that they and not we close first.
  keepAliveTimeout: 65_000,
};

/** Listens when the promise resolves. Rejects when the supergraph can't be loaded or the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, forwardedHeaders, host = '127.0.0.1', path = '/graphql', trustedProxies = 0 } = options;
  const { countryHeader } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const cors = options.cors ?? { origins: '*' };
  const clock = options.clock ?? (() => new Date());
  const inFlight = createInFlight();
  let stopping = false;
  const isStopping = (): boolean => stopping;

  const server = createApolloServer(options, limits);
  await server.start();
  const authenticate = createAuthenticate(rememberVerified(options.verifyToken, clock), log);
  const graphql = createGraphQLHttp({
    ...{ server, authenticate, forwardedHeaders, trustedProxies, countryHeader, limits },
  });
  const route = createRoutes({ ...options, path, graphql, isStopping });
  const pipeline = { server, limits, log };
  const sockets = createWebSockets({
    pipeline,
    authenticate,
    forwardedHeaders,
    trustedProxies,
    countryHeader,
    inFlight,
    isStopping,
    clock,
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once('close', inFlight.enter());
    const started = performance.now();
    const correlationId = correlationIdOf(request.headers['x-correlation-id']);
    const reply = await route(request, correlationId).catch((error: unknown) => {
      log.error({ err: error, correlationId }, 'request failed');
      const message = `Something went wrong on our side. Quote ${correlationId} when you report it.`;
      return json(500, {
        errors: [{ message, extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId } }],
      });
    });
    if (response.destroyed) return;
    const headers = { ...corsHeaders(request, cors), 'x-correlation-id': correlationId };
    send(
      response,
      reply,
      stopping ? { ...headers, connection: 'close' } : headers,
      request.method !== 'HEAD',
    );
    const ms = Math.round(performance.now() - started);
    // Without the query string: variables in it may name a person.
    const { pathname: asked } = targetOf(request);
    const pathname = holdsCardNumber(asked) ? '(a card number)' : asked;
    log.debug({ correlationId, method: request.method, pathname, status: reply.status, ms }, 'request');
  }

  const http = createServer(timeouts, (request, response) => void serve(request, response));
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
    const { pathname } = targetOf(request);
    const { origin, host: asked } = request.headers;
    // Our own pages may always; which scheme they came by only a TLS proxy in front knows.
    const ownPage = origin === `http://${asked}` || origin === `https://${asked}`;
    if (pathname !== path) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    else if (origin !== undefined && !ownPage && !isAllowedOrigin(origin, cors))
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    else sockets.accept(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, host, resolve);
  }).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const { port } = http.address() as AddressInfo;

  async function stop(): Promise<void> {
    stopping = true;
    const closed = new Promise((resolve) => http.close(resolve));
    if (!(await inFlight.idle(limits.drainMs)))
      log.warn({ ms: limits.drainMs }, 'operations were cut short to stop');
    await sockets.close();
    http.closeAllConnections();
    await closed;
    await server.stop();
  }

  let stopped: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
    port,
    stop: () => (stopped ??= stop()),
  };
}
