// Idempotency keys, as Stripe's API v1 has them: the outcome of the first request is kept for a day and repeated.
import { createHmac } from 'node:crypto';
import { StripeApiError } from './errors.js';
import { canonicalForm } from './form.js';
import type { FormObject } from './form.js';
import { OUTCOME_LIFE_MS } from './store.js';
import type { StoredOutcome, Tables } from './tables.js';

/** What a repeat is compared by; keyed, since the parameters may hold what must not be guessable from the journal. */
export function fingerprintRequest(secretKey: string, path: string, params: FormObject): string {
  return createHmac('sha256', secretKey)
    .update(`${path}\n${canonicalForm(params)}`)
    .digest('base64url');
}

/** Throws 400 for a key that is too long. */
export function checkKey(key: string): void {
  if (key.length <= 255) return;
  throw new StripeApiError(400, {
    type: 'invalid_request_error',
    message: 'Idempotency keys can have up to 255 characters.',
  });
}

/** The outcome to repeat, if the key was used in the last day; throws when it was used for something else. */
export function findOutcome(
  tables: Tables,
  key: string,
  fingerprint: string,
  nowMs: number,
): StoredOutcome | undefined {
  const outcome = tables.outcome.get(key);
  if (!outcome || outcome.createdAt + OUTCOME_LIFE_MS < nowMs) return undefined;
  if (outcome.fingerprint === fingerprint) return outcome;
  throw new StripeApiError(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}

/** The refusal of a request whose twin is still being worked on. */
export function keyInUse(key: string): StripeApiError {
  return new StripeApiError(409, {
    type: 'invalid_request_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    doc_url: 'https://stripe.com/docs/error-codes/idempotency-key-in-use',
  });
}
