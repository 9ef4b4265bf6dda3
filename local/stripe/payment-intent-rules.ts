// A payment intent's states: which operation may start from which, and Stripe's words when it may not.
import type { Stripe } from 'stripe';
import type { StripeApiError } from './errors.js';
import { invalidRequest } from './errors.js';
import type { TestMethod } from './test-methods.js';

export type Operation = 'update' | 'confirm' | 'capture' | 'cancel';

interface Rule {
  participle: string;
  from: readonly string[];
}

/** The state table. A bank debit in `processing` is on its way and cannot be called back. */
export const OPERATIONS: Readonly<Record<Operation, Rule>> = {
  update: {
    participle: 'updated',
    from: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  },
  confirm: {
    participle: 'confirmed',
    from: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  },
  capture: { participle: 'captured', from: ['requires_capture'] },
  cancel: {
    participle: 'canceled',
    from: ['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action'],
  },
};

function refusal(intent: Stripe.PaymentIntent, operation: Operation): StripeApiError {
  const { participle, from } = OPERATIONS[operation];
  if (operation === 'confirm' && intent.status === 'succeeded') {
    return unexpected(
      intent,
      'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.',
    );
  }
  if (operation === 'capture' && intent.status === 'succeeded') {
    return unexpected(
      intent,
      'This PaymentIntent could not be captured because it has already been captured.',
    );
  }
  return unexpected(
    intent,
    `You cannot ${operation} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${participle}: ${from.join(', ')}.`,
  );
}

function unexpected(intent: Stripe.PaymentIntent, message: string): StripeApiError {
  return invalidRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: intent });
}

/** Throws `payment_intent_unexpected_state` when the operation may not start from the intent's state. */
export function requireState(intent: Stripe.PaymentIntent, operation: Operation): void {
  if (!OPERATIONS[operation].from.includes(intent.status)) throw refusal(intent, operation);
}

export interface Circumstances {
  authenticated: boolean;
  /** The method was set up for use without the customer. */
  setUp: boolean;
  offSession: boolean;
  /** The shop asked for 3-D Secure. */
  requested: boolean;
}

export type Verdict = 'charge' | 'decline' | 'authenticate' | 'process';

/** What becomes of an attempt to pay with a test method. */
export function judge(method: TestMethod, circumstances: Circumstances): Verdict {
  const { authenticated, setUp, offSession, requested } = circumstances;
  const exempt = method.authentication === 'unless_set_up' && setUp && offSession;
  const needed = method.authentication === 'when_requested' ? requested : method.authentication !== undefined;
  if ((needed || method.redirects) && !authenticated && !exempt) return 'authenticate';
  if (method.settles !== undefined) return 'process';
  return method.charge ? 'decline' : 'charge';
}
