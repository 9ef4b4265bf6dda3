// Ids in Stripe's shape: a prefix that names the kind, then random letters and digits.
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function randomText(length: number): string {
  let text = '';
  // 62 does not divide 256: the few bytes above 247 are thrown away so that every letter is equally likely.
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

/** A new id such as `pi_3Kq…`: 24 random characters after the prefix (142 bits). */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(24)}`;
}

/** The client secret of an intent: who knows it may finish that one payment from a browser. */
export function newClientSecret(intentId: string): string {
  return `${intentId}_secret_${randomText(25)}`;
}
