/** Access tokens: EdDSA JWTs of one issuer, verified against its published keys. */
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';

export type Claims = Record<string, unknown>;
export type VerifyToken = (token: string) => Promise<Claims>;

/** The token is bad or expired; the message says why, for a developer. */
export class InvalidTokenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidTokenError';
  }
}

export interface TokenVerifierOptions {
  /** Fetches the issuer's current keys. Called at the first token and, at most every 30 s, for an unknown key id. */
  jwks: () => Promise<JSONWebKeySet>;
  issuer: string;
  audience: string;
  clock?: () => Date;
}

const refetchAfterMs = 30_000;

function createKeys(jwks: () => Promise<JSONWebKeySet>, clock: () => Date): JWTVerifyGetKey {
  let fetched: Promise<JWTVerifyGetKey> | undefined;
  let fetchedAt = 0;
  const fetchKeys = (): Promise<JWTVerifyGetKey> => {
    fetchedAt = clock().getTime();
    return jwks().then(createLocalJWKSet);
  };
  return async (header, token) => {
    // jose takes the only key of a set for a token without kid; after a rotation that would be the wrong one.
    if (!header.kid) throw new InvalidTokenError('The access token names no key: its header has no "kid".');
    fetched ??= fetchKeys();
    const current = fetched;
    const keys = await current.catch((error: unknown) => {
      if (fetched === current) fetched = undefined;
      throw error;
    });
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (fetched === current) {
        if (clock().getTime() - fetchedAt < refetchAfterMs) throw error;
        // Old keys stay in use when the new ones can't be had.
        fetched = fetchKeys().catch(() => keys);
      }
      return (await fetched)(header, token);
    }
  };
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) {
    const at =
      typeof error.payload.exp === 'number' ? ` at ${new Date(error.payload.exp * 1000).toISOString()}` : '';
    return `The access token expired${at}. Get a new one with your refresh token.`;
  }
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The access token is not for this service: its claim "${error.claim}" is missing or wrong.`;
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'The access token is signed with a key that is not in use.';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The access token is not signed with EdDSA.';
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The access token's signature is wrong.";
  return 'The access token is not a JWT.';
}

/** Verifies signature, key id, issuer, audience and expiry. Rejects with InvalidTokenError, or as `jwks` does. */
export function createTokenVerifier(options: TokenVerifierOptions): VerifyToken {
  const clock = options.clock ?? (() => new Date());
  const keys = createKeys(options.jwks, clock);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['EdDSA'],
        issuer: options.issuer,
        audience: options.audience,
        requiredClaims: ['exp', 'sub'],
        currentDate: clock(),
      });
      return payload;
    } catch (error) {
      throw error instanceof errors.JOSEError ? new InvalidTokenError(reasonOf(error)) : error;
    }
  };
}

/** When the token of these claims expires, in milliseconds since the epoch. */
export const expiryOf = (claims: Claims): number | undefined =>
  typeof claims['exp'] === 'number' ? claims['exp'] * 1000 : undefined;

/** Remembers each good token until it expires, the 10,000 most recently used of them. */
export function rememberVerified(verify: VerifyToken, clock: () => Date = () => new Date()): VerifyToken {
  const verified = new LRUCache<string, Claims>({ max: 10_000 });
  return async (token) => {
    const known = verified.get(token);
    if (known && (expiryOf(known) ?? 0) > clock().getTime()) return known;
    verified.delete(token);
    const claims = await verify(token);
    if (expiryOf(claims) !== undefined) verified.set(token, claims);
    return claims;
  };
}

/**
 * The token of an `Authorization` value; undefined where none was sent. Another scheme than Bearer is an InvalidTokenError
 * rather than anonymous: who sends credentials wants to be told that they were not used.
 */
export function bearerTokenOf(authorization: unknown): string | undefined {
  if (authorization === undefined || authorization === null || authorization === '') return undefined;
  const match = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization) : null;
  if (!match?.[1]) throw new InvalidTokenError('Send the access token as "Authorization: Bearer <token>".');
  return match[1];
}
