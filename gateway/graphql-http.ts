/** GraphQL over HTTP: a node request in, Apollo Server's answer out. */
import type { IncomingMessage } from 'node:http';
import { HeaderMap, type ApolloServer, type HTTPGraphQLRequest } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { Authenticate } from './authentication.js';
import { allowedHeaders, clientAddressOf, clientCountryOf, type GatewayContext } from './context.js';
import type { Limits } from './limits.js';
import { refuseConditionalSubscription } from './query-limits.js';
import { refuseCardNumbers } from './card-numbers.js';
import { errorReply, json, parseJson, readBody, type Reply } from './reply.js';

export interface GraphQLHttpOptions {
  server: ApolloServer<GatewayContext>;
  authenticate: Authenticate;
  forwardedHeaders: readonly string[];
  trustedProxies: number;
  countryHeader: string | undefined;
  limits: Limits;
}

function headerMap(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  return headers;
}

const isJson = (request: IncomingMessage): boolean =>
  /^application\/(json|graphql-response\+json)\s*(;|$)/i.test(request.headers['content-type'] ?? '');

async function bodyOf(request: IncomingMessage, limits: Limits): Promise<unknown> {
  if (request.method !== 'POST') return undefined;
  const text = await readBody(request, limits.bodyBytes);
  refuseCardNumbers(text);
  // Left undefined, Apollo Server says what is wrong with it: CSRF prevention comes first there.
  return isJson(request) ? parseJson(text) : undefined;
}

/** A query string as it was before it was encoded; one that can't be decoded stays as it is. */
function decoded(search: string): string {
  try {
    return decodeURIComponent(search.replaceAll('+', ' '));
  } catch {
    return search;
  }
}

const queryOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;

/** Answers one request; every failure is an answer too. */
export function createGraphQLHttp(options: GraphQLHttpOptions) {
  const { server, authenticate, limits } = options;

  async function contextOf(
    request: IncomingMessage,
    body: unknown,
    correlationId: string,
  ): Promise<GatewayContext> {
    refuseConditionalSubscription(queryOf(body), limits);
    const forwardedFor = request.headers['x-forwarded-for'];
    const clientAddress = clientAddressOf(
      request.socket.remoteAddress,
      Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor,
      options.trustedProxies,
    );
    const clientCountry = clientCountryOf(request.headers, options.countryHeader);
    const caller = {
      claims: await authenticate(request.headers.authorization),
      headers: allowedHeaders(request.headers, options.forwardedHeaders),
      correlationId,
      ...(clientAddress ? { clientAddress } : {}),
      ...(clientCountry ? { clientCountry } : {}),
    };
    return { caller };
  }

  return async (request: IncomingMessage, search: string, correlationId: string): Promise<Reply> => {
    const method = request.method ?? 'GET';
    if (method !== 'GET' && method !== 'POST')
      return json(
        405,
        { errors: [{ message: 'Use GET or POST.', extensions: { code: 'BAD_REQUEST' } }] },
        { allow: 'GET, POST, OPTIONS' },
      );
    let body: unknown;
    try {
      refuseCardNumbers(decoded(search));
      body = await bodyOf(request, limits);
    } catch (error) {
      if (error instanceof GraphQLError) return errorReply(error);
      throw error;
    }
    const httpGraphQLRequest: HTTPGraphQLRequest = { method, headers: headerMap(request), search, body };
    const context = () => contextOf(request, body, correlationId);
    const answer = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
    // Chunks would come of @defer, which the schema does not have.
    if (answer.body.kind !== 'complete') throw new Error('Apollo Server answered in chunks.');
    return {
      status: answer.status ?? 200,
      headers: Object.fromEntries(answer.headers),
      body: answer.body.string,
    };
  };
}
