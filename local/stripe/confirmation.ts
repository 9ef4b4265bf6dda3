// Confirming a payment intent: the attempt to charge it, and how its outcome changes intent and charge.
import type { Stripe } from 'stripe';
import type { Answer, SandboxSettings } from './call.js';
import { AUTHORIZATION_LIFE_SECONDS, putCharge, withBalance } from './charges.js';
import { invalidRequest, withDocumentation } from './errors.js';
import type { ErrorBody } from './errors.js';
import { newId } from './ids.js';
import { judge } from './payment-intent-rules.js';
import { ALREADY_SPENT, attachMethod, declineError } from './payment-methods.js';
import type { KnownMethod } from './payment-methods.js';
import { nextActionOf } from './three-d-secure.js';
import type { Unit } from './store.js';
import type { Decline } from './test-methods.js';

/** Banks take weeks; a test does not. */
const DISPUTED_AFTER_MS = 1_000;

const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

export interface Confirmation {
  returnUrl: string | null;
  /** The customer is not there, so nobody can authenticate. */
  offSession: boolean;
  errorOnRequiresAction: boolean;
  /** The customer has just passed 3-D Secure. */
  authenticated: boolean;
}

function putIntent(unit: Unit, intent: Stripe.PaymentIntent, event: string): Stripe.PaymentIntent {
  unit.put('payment_intent', intent);
  unit.emit(event, intent);
  return intent;
}

/** The intent after a refused attempt: it waits for another method. */
export function failIntent(
  unit: Unit,
  intent: Stripe.PaymentIntent,
  error: ErrorBody,
  charge?: string,
): Stripe.PaymentIntent {
  return putIntent(
    unit,
    {
      ...intent,
      status: 'requires_payment_method',
      payment_method: null,
      next_action: null,
      last_payment_error: error,
      latest_charge: charge ?? intent.latest_charge,
    },
    'payment_intent.payment_failed',
  );
}

function decline(
  unit: Unit,
  intent: Stripe.PaymentIntent,
  known: KnownMethod,
  why: Decline,
  authenticated: boolean,
): Answer {
  const charge = putCharge(unit, intent, known, {
    status: 'failed',
    captured: false,
    authenticated,
    decline: why,
  });
  unit.emit('charge.failed', charge);
  const error = declineError(why, { charge: charge.id, payment_method: known.method });
  const failed = failIntent(unit, intent, error, charge.id);
  return { status: 402, body: { error: { ...error, payment_intent: failed } } };
}

/** The intent whose charge has gone through and is captured. */
export function succeedIntent(
  unit: Unit,
  intent: Stripe.PaymentIntent,
  charge: Stripe.Charge,
): Stripe.PaymentIntent {
  return putIntent(
    unit,
    {
      ...intent,
      status: 'succeeded',
      amount_received: charge.amount_captured,
      amount_capturable: 0,
      latest_charge: charge.id,
      next_action: null,
    },
    'payment_intent.succeeded',
  );
}

function authorize(unit: Unit, intent: Stripe.PaymentIntent, charge: Stripe.Charge): Stripe.PaymentIntent {
  const dueAt = unit.nowMs + AUTHORIZATION_LIFE_SECONDS * 1_000;
  unit.put('timer', { id: newId('timer'), action: 'expire_authorization', subject: intent.id, dueAt });
  return putIntent(
    unit,
    {
      ...intent,
      status: 'requires_capture',
      amount_capturable: charge.amount,
      latest_charge: charge.id,
      next_action: null,
    },
    'payment_intent.amount_capturable_updated',
  );
}

/** A method is saved for its customer when the intent asked for it, else it is used up. */
function keepOrSpend(unit: Unit, intent: Stripe.PaymentIntent, known: KnownMethod): void {
  if (intent.setup_future_usage !== null && typeof intent.customer === 'string') {
    attachMethod(unit, known, intent.customer, intent.setup_future_usage === 'off_session');
  } else if (known.method.customer === null) {
    unit.put('method_facts', { ...known.facts, spent: true });
  }
}

function charge(
  unit: Unit,
  settings: SandboxSettings,
  intent: Stripe.PaymentIntent,
  known: KnownMethod,
  authenticated: boolean,
) {
  keepOrSpend(unit, intent, known);
  const captured = intent.capture_method !== 'manual';
  const made = putCharge(unit, intent, known, {
    status: 'succeeded',
    captured,
    authenticated,
    decline: null,
  });
  const settled = captured ? withBalance(unit, made, intent.capture_method, settings) : made;
  unit.emit('charge.succeeded', settled);
  if (known.behaviour.dispute !== undefined) {
    const dueAt = unit.nowMs + DISPUTED_AFTER_MS;
    unit.put('timer', { id: newId('timer'), action: 'open_dispute', subject: settled.id, dueAt });
  }
  return captured ? succeedIntent(unit, intent, settled) : authorize(unit, intent, settled);
}

function startProcessing(
  unit: Unit,
  settings: SandboxSettings,
  intent: Stripe.PaymentIntent,
  known: KnownMethod,
) {
  keepOrSpend(unit, intent, known);
  const pending = putCharge(unit, intent, known, {
    status: 'pending',
    captured: true,
    authenticated: false,
    decline: null,
  });
  unit.emit('charge.pending', pending);
  const action = known.behaviour.settles === 'later_failed' ? 'fail_payment' : 'settle_payment';
  const dueAt = unit.nowMs + settings.processingDelayMs;
  unit.put('timer', { id: newId('timer'), action, subject: intent.id, dueAt });
  const processing = {
    ...intent,
    status: 'processing' as const,
    latest_charge: pending.id,
    next_action: null,
  };
  return putIntent(unit, processing, 'payment_intent.processing');
}

function checkMethod(intent: Stripe.PaymentIntent, known: KnownMethod): void {
  const { method, facts } = known;
  if (facts.spent) throw invalidRequest(ALREADY_SPENT, { param: 'payment_method' });
  if (method.customer !== null && intent.customer === null) {
    throw invalidRequest(
      'The payment method you provided is attached to a customer so for security purposes you must provide the customer in the request.',
      { param: 'payment_method' },
    );
  }
  if (method.customer !== null && method.customer !== intent.customer) {
    const message = `The customer does not have a payment method with the ID ${method.id}. The payment method must be attached to the customer.`;
    throw invalidRequest(message, { param: 'payment_method' });
  }
  if (!intent.payment_method_types.includes(method.type)) {
    const message = `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${intent.payment_method_types.join(', ')}.`;
    throw invalidRequest(message, {
      code: 'payment_intent_incompatible_payment_method',
      param: 'payment_method',
    });
  }
}

/** Stripe wants to know where to send the customer back to whenever some method of the intent could redirect. */
function checkReturnUrl(intent: Stripe.PaymentIntent, asked: Confirmation): void {
  const automatic = intent.automatic_payment_methods;
  const mayRedirect = automatic?.enabled === true && automatic.allow_redirects !== 'never';
  if (!mayRedirect || asked.returnUrl !== null || asked.authenticated) return;
  throw invalidRequest(
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
    { param: 'return_url' },
  );
}

/** Tries to charge the intent with the method; the state of the intent was checked before. */
export function confirmIntent(
  unit: Unit,
  settings: SandboxSettings,
  before: Stripe.PaymentIntent,
  known: KnownMethod,
  asked: Confirmation,
): Answer {
  checkMethod(before, known);
  checkReturnUrl(before, asked);
  const intent = { ...before, payment_method: known.method.id, last_payment_error: null, next_action: null };
  const { authenticated, offSession } = asked;
  const requested = ['any', 'challenge'].includes(
    intent.payment_method_options?.card?.request_three_d_secure ?? '',
  );
  const verdict = judge(known.behaviour, { authenticated, offSession, setUp: known.facts.setUp, requested });
  if (verdict === 'authenticate') {
    if (offSession || asked.errorOnRequiresAction)
      return decline(unit, intent, known, AUTHENTICATION_REQUIRED, false);
    unit.put('authentication', { id: intent.id, returnUrl: asked.returnUrl });
    const waiting = {
      ...intent,
      status: 'requires_action',
      next_action: nextActionOf(settings, intent, asked.returnUrl),
    };
    return { status: 200, body: putIntent(unit, waiting, 'payment_intent.requires_action') };
  }
  const why = known.behaviour.charge;
  if (verdict === 'decline' && why) return decline(unit, intent, known, why, authenticated);
  if (verdict === 'process') return { status: 200, body: startProcessing(unit, settings, intent, known) };
  return { status: 200, body: charge(unit, settings, intent, known, authenticated) };
}

/** The error of an intent whose customer failed or left 3-D Secure. */
export function authenticationFailure(intentKind: 'payment' | 'setup', known: KnownMethod): ErrorBody {
  const noun = intentKind === 'payment' ? 'PaymentIntent' : 'SetupIntent';
  return withDocumentation<ErrorBody>({
    type: 'invalid_request_error',
    code: `${intentKind}_intent_authentication_failure`,
    message: `The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this ${noun} again.`,
    payment_method: known.method,
  });
}
