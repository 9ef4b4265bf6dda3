/** Which path answers what. */
import type { IncomingMessage } from 'node:http';
import { preflightHeaders } from './cors.js';
import { graphiqlAsset, graphiqlPath } from './graphiql-assets.js';
import { health, readiness, type Ready } from './health.js';
import { landingPage } from './landing-page.js';
import { json, targetOf, type Reply } from './reply.js';

export interface RouteOptions {
  path: string;
  graphql: (request: IncomingMessage, search: string, correlationId: string) => Promise<Reply>;
  ready: Ready;
  isStopping: () => boolean;
  forwardedHeaders: readonly string[];
  welcomeQuery?: string;
}

const notFound = (): Reply =>
  json(404, { errors: [{ message: 'There is nothing here.', extensions: { code: 'NOT_FOUND' } }] });

const wantsPage = (request: IncomingMessage): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  (request.headers.accept ?? '').includes('text/html');

export function createRoutes(options: RouteOptions) {
  const {
    path,
    graphql,
    ready,
    isStopping,
    forwardedHeaders,
    welcomeQuery = '{\n  __typename\n}\n',
  } = options;

  const page = (request: IncomingMessage, sandbox: boolean): Reply =>
    landingPage({ graphqlPath: path, welcomeQuery, sandbox, host: request.headers.host });

  return async (request: IncomingMessage, correlationId: string): Promise<Reply> => {
    const { pathname, search } = targetOf(request);
    if (request.method === 'OPTIONS') return { status: 204, headers: preflightHeaders(forwardedHeaders) };
    if (pathname === path)
      return wantsPage(request) ? page(request, true) : graphql(request, search, correlationId);
    if (request.method !== 'GET' && request.method !== 'HEAD') return notFound();
    if (pathname === '/health') return health();
    if (pathname === '/ready') return readiness(ready, isStopping());
    if (pathname === '/') return page(request, true);
    if (pathname === graphiqlPath) return page(request, false);
    if (pathname.startsWith(`${graphiqlPath}/`)) {
      const name = pathname.slice(graphiqlPath.length + 1);
      return (await graphiqlAsset(name, request.headers['if-none-match'])) ?? notFound();
    }
    return notFound();
  };
}
