/** A session: one sign-in of a guest or user, kept alive by refresh tokens that are each good for one use. */
import type { UserError } from '../../shared/errors.js';
import type { Role } from '../../shared/viewer.js';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Roles that were taken away and sessions that were ended take effect within this time. */
export const accessTokenMs = 10 * minute;
export const refreshTokenMs = 30 * day;
/** However often it is refreshed, a session ends: who holds it signs in anew. */
export const sessionMs = 180 * day;
/** A second use within this time is a repeat or another tab; later it is a theft. */
export const reuseGraceMs = 10_000;

export type SessionKind = 'guest' | 'user';
export type EndReason =
  'SIGNED_OUT' | 'JOINED_ACCOUNT' | 'TOKEN_REUSED' | 'PASSWORD_CHANGED' | 'ACCOUNT_DELETED';

/** What the holder of a session is given. */
export interface Session {
  id: string;
  accessToken: string;
  /** When the access token ends. */
  expiresAt: Date;
  refreshToken: string;
  /** Null for a guest's session. */
  userId: string | null;
}

/** Whose session it is, as the access token says it. */
export interface Subject {
  kind: SessionKind;
  id: string;
  roles: readonly Role[];
}

/** What is to become of a refresh token that could not be spent. */
export function judgeSpentToken(usedAt: Date | null | undefined, now: Date): 'unknown' | 'twin' | 'stolen' {
  if (!usedAt) return 'unknown';
  return now.getTime() - usedAt.getTime() <= reuseGraceMs ? 'twin' : 'stolen';
}

export const invalidRefreshToken = (twin: boolean): UserError => ({
  __typename: 'InvalidRefreshTokenError',
  code: twin ? 'REFRESH_TOKEN_JUST_USED' : 'INVALID_REFRESH_TOKEN',
  message: twin
    ? 'This refresh token was used a moment ago: go on with the tokens that were given then.'
    : 'This refresh token is not, or no longer, good: sign in again.',
  field: ['refreshToken'],
});
