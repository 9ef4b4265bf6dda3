import { SignJWT } from 'jose';
import type { SigningKey } from '../signing-key/service.js';
import type { Subject } from './rules.js';

/** Signs who the session belongs to: what the gateway verifies and hands to the subgraphs. */
export function signAccessToken(
  { kid, privateKey }: SigningKey,
  subject: Subject,
  sessionId: string,
  times: { issuedAt: Date; expiresAt: Date },
): Promise<string> {
  const { id, kind, roles } = subject;
  return new SignJWT({ sid: sessionId, kind, roles })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setIssuer('hanse')
    .setAudience('hanse')
    .setSubject(id)
    .setIssuedAt(times.issuedAt)
    .setExpirationTime(times.expiresAt)
    .sign(privateKey);
}
