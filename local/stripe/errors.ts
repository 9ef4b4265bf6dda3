// Stripe's error object and the HTTP statuses that go with it.
import type { Stripe } from 'stripe';

export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  doc_url?: string;
  payment_intent?: Stripe.PaymentIntent;
  payment_method?: Stripe.PaymentMethod;
  setup_intent?: Stripe.SetupIntent;
}

/** A refusal that changed nothing. A decline, which does change the intent, is an answer and not thrown. */
export class StripeApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
    this.name = 'StripeApiError';
  }
}

type Facts = Omit<ErrorBody, 'type' | 'message'>;

/** 400 `invalid_request_error`. */
export function invalidRequest(message: string, facts: Facts = {}): StripeApiError {
  return new StripeApiError(400, { type: 'invalid_request_error', message, ...withDocumentation(facts) });
}

/** 404 `resource_missing`; `noun` as Stripe says it (`payment_intent`, `PaymentMethod`). */
export function resourceMissing(noun: string, id: string, param = 'id'): StripeApiError {
  return new StripeApiError(404, {
    type: 'invalid_request_error',
    message: `No such ${noun}: '${id}'`,
    ...withDocumentation({ code: 'resource_missing', param }),
  });
}

/** Stripe answers a bad reference inside the parameters with 400, one in the path with 404. */
export function referenceMissing(noun: string, id: string, param: string): StripeApiError {
  return invalidRequest(`No such ${noun}: '${id}'`, { code: 'resource_missing', param });
}

/** Adds the address of the page that explains the error's code. */
export function withDocumentation<F extends { code?: string }>(facts: F): F & { doc_url?: string } {
  if (facts.code === undefined) return facts;
  return { ...facts, doc_url: `https://stripe.com/docs/error-codes/${facts.code.replaceAll('_', '-')}` };
}

const VALIDATION_CODES = new Set([
  'parameter_missing',
  'parameter_unknown',
  'parameter_invalid_integer',
  'parameter_invalid_empty',
]);

/** True when the request was refused before the endpoint began to execute: such outcomes bind no idempotency key. */
export function isRefusedBeforeExecution(error: StripeApiError): boolean {
  return error.body.code !== undefined && VALIDATION_CODES.has(error.body.code);
}
