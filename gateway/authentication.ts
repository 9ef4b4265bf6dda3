/** Who calls, from what a transport was given. */
import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { clientError } from './errors.js';
import type { Log } from './log.js';
import { bearerTokenOf, InvalidTokenError, type Claims, type VerifyToken } from './token.js';

export type Authenticate = (authorization: unknown) => Promise<Claims | null>;

/** 401, with the header that RFC 6750 wants there. */
export function unauthenticated(reason: string): GraphQLError {
  const headers = new HeaderMap([['www-authenticate', 'Bearer error="invalid_token"']]);
  return new GraphQLError(reason, {
    extensions: { code: 'UNAUTHENTICATED', http: { status: 401, headers } },
  });
}

/**
 * The claims of the token in an `Authorization` value, null without one. Rejects with UNAUTHENTICATED for a bad token, and
 * with SERVICE_UNAVAILABLE where the token could not be checked, which the client may try again.
 */
export function createAuthenticate(verify: VerifyToken, log: Log): Authenticate {
  return async (authorization) => {
    try {
      const token = bearerTokenOf(authorization);
      return token === undefined ? null : await verify(token);
    } catch (error) {
      if (error instanceof InvalidTokenError) throw unauthenticated(error.message);
      log.error({ err: error }, 'access tokens cannot be verified');
      throw clientError(
        'SERVICE_UNAVAILABLE',
        'Access tokens cannot be checked at the moment. Try again later.',
        503,
      );
    }
  };
}
