import { createHmac, hkdfSync } from 'node:crypto';

/** The refresh token that follows `token` when it is spent under this key: always the same one. */
export type NextRefreshToken = (token: string, idempotencyKey: string) => string;

/** From the master key (32 bytes), so that who sees the stored hashes and a spent token cannot make the next one. */
export function createNextRefreshToken(masterKey: Buffer): NextRefreshToken {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'hanse/refresh-tokens', 32));
  return (token, idempotencyKey) =>
    createHmac('sha256', key)
      .update(JSON.stringify([token, idempotencyKey]))
      .digest('base64url');
}
