/** Which browser pages may call. */
import type { IncomingMessage } from 'node:http';

export interface Cors {
  /**
   * Origins such as `https://shop.example`, or '*' for all. '*' is safe here and the default: there are no cookies, so a
   * page can only send a token that it has.
   */
  origins: readonly string[] | '*';
}

const always = [
  'authorization',
  'content-type',
  'x-correlation-id',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'apollographql-client-name',
  'apollographql-client-version',
];

export const isAllowedOrigin = (origin: string | undefined, { origins }: Cors): boolean =>
  origins === '*' || (origin !== undefined && origins.includes(origin));

/** The headers that tell a browser whether its page may read the answer. */
export function corsHeaders(request: IncomingMessage, cors: Cors): Record<string, string> {
  const { origin } = request.headers;
  const shared = cors.origins === '*' ? {} : { vary: 'origin' };
  if (!isAllowedOrigin(origin, cors)) return shared;
  return {
    ...shared,
    'access-control-allow-origin': cors.origins === '*' ? '*' : (origin ?? ''),
    'access-control-expose-headers': 'x-correlation-id',
  };
}

/** What a preflight is answered with, beside `corsHeaders`. */
export const preflightHeaders = (forwardedHeaders: readonly string[]): Record<string, string> => ({
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': [...always, ...forwardedHeaders].join(', '),
  'access-control-max-age': '86400',
});
