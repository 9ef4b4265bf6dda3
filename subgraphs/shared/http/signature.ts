/**
 * How subgraphs know that a request comes from the gateway or from one of them: an HMAC over whom it is for, when it was
 * made, a number that is used once, and the body. The key has an id, so that keys can change while requests go on: give
 * everybody both keys, the new one first, then take the old one away.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';

export interface ServiceKey {
  id: string;
  /** At least 32 bytes. */
  secret: Buffer;
}

export const signatureHeader = 'x-hanse-signature';

/** Both sides' clocks may differ by this much; no signature is good for longer. */
export const toleranceMs = 30_000;

const mac = (secret: Buffer, audience: string, at: string, nonce: string, body: string | Buffer): Buffer =>
  createHmac('sha256', secret).update(`hanse-1\n${audience}\n${at}\n${nonce}\n`).update(body).digest();

/** Whom a request is for, and what for: the same body must not do for the other. */
export const audienceOf = (subgraph: string, isStream: boolean): string =>
  isStream ? `${subgraph}/stream` : subgraph;

/** Signs with the first key, for an audience of `audienceOf`. */
export function createSigner(
  keys: readonly ServiceKey[],
  clock: Clock,
): (audience: string, body: string) => string {
  const [key] = keys;
  if (!key) throw new Error('There is no service key to sign with.');
  return (audience, body) => {
    const at = String(clock().getTime());
    const nonce = randomBytes(12).toString('base64url');
    const signature = mac(key.secret, audience, at, nonce, body).toString('base64url');
    return `key=${key.id};at=${at};nonce=${nonce};mac=${signature}`;
  };
}

const form = /^key=([\w.-]{1,64});at=(\d{1,16});nonce=([\w-]{16});mac=([\w-]{43})$/;

/** What is wrong with a request's signature; for logs, not for who sent it. */
export type SignatureFault =
  'missing' | 'malformed' | 'unknown key' | 'too old or too new' | 'wrong' | 'replayed';

/** A signature's number, for those that ask others whether they have seen it. */
export const nonceOf = (header: string): string => form.exec(header)?.[3] ?? '';

/** Undefined where the signature is good and was not seen before, by this process. */
export function createVerifier(
  keys: readonly ServiceKey[],
  clock: Clock,
): (audience: string, header: string | undefined, body: Buffer) => SignatureFault | undefined {
  const secrets = new Map(keys.map(({ id, secret }) => [id, secret]));
  // Twice the tolerance: a signature from a clock that is ahead is good until then.
  const seen = new LRUCache<string, true>({ max: 500_000, ttl: 2 * toleranceMs, ttlResolution: 1_000 });
  return (audience, header, body) => {
    if (!header) return 'missing';
    const [, id = '', at = '', nonce = '', sent = ''] = form.exec(header) ?? [];
    if (!sent) return 'malformed';
    const secret = secrets.get(id);
    if (!secret) return 'unknown key';
    if (Math.abs(clock().getTime() - Number(at)) > toleranceMs) return 'too old or too new';
    const right = mac(secret, audience, at, nonce, body);
    if (!timingSafeEqual(right, Buffer.from(sent, 'base64url'))) return 'wrong';
    if (seen.has(nonce)) return 'replayed';
    seen.set(nonce, true);
    return undefined;
  };
}
