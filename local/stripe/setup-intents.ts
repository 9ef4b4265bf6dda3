// Setup intents: saving a payment method for later, with 3-D Secure where the method wants it.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Answer, Call, Route, SandboxSettings } from './call.js';
import { route } from './call.js';
import { existingCustomer } from './customers.js';
import { invalidRequest, resourceMissing } from './errors.js';
import type { ErrorBody } from './errors.js';
import { newClientSecret, newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { flag, isInRange, listOf, mergeMetadata, metadata, range, text, unread } from './params.js';
import { attachMethod, declineError, getMethod } from './payment-methods.js';
import type { KnownMethod } from './payment-methods.js';
import { nextActionOf } from './three-d-secure.js';
import type { Unit } from './store.js';

const OPEN_STATES = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

const returnUrl = z.url({ error: 'Not a valid URL' }).optional();
const createParams = z.strictObject({
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
    .optional(),
  confirm: flag.optional(),
  customer: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  payment_method: text.optional(),
  payment_method_types: listOf(text).optional(),
  payment_method_options: unread,
  mandate_data: unread,
  use_stripe_sdk: unread,
  return_url: returnUrl,
  usage: z.enum(['off_session', 'on_session']).optional(),
});

function pathIntent(call: Call): Stripe.SetupIntent {
  const intent = call.unit.find('setup_intent', call.id);
  if (!intent) throw resourceMissing('setupintent', call.id, 'intent');
  return intent;
}

function requireOpen(intent: Stripe.SetupIntent, operation: string): void {
  if (OPEN_STATES.includes(intent.status)) return;
  throw invalidRequest(
    `You cannot ${operation} this SetupIntent because it has a status of ${intent.status}.`,
    {
      code: 'setup_intent_unexpected_state',
      setup_intent: intent,
    },
  );
}

function putIntent(unit: Unit, intent: Stripe.SetupIntent, event: string): Stripe.SetupIntent {
  unit.put('setup_intent', intent);
  unit.emit(event, intent);
  return intent;
}

/** The setup intent after a refusal: it waits for another method. */
export function failSetup(unit: Unit, intent: Stripe.SetupIntent, error: ErrorBody): Stripe.SetupIntent {
  return putIntent(
    unit,
    {
      ...intent,
      status: 'requires_payment_method',
      payment_method: null,
      next_action: null,
      last_setup_error: error,
    },
    'setup_intent.setup_failed',
  );
}

/** Saves the method, or asks for the customer first. */
export function confirmSetup(
  unit: Unit,
  settings: SandboxSettings,
  before: Stripe.SetupIntent,
  known: KnownMethod,
  asked: { returnUrl: string | null; authenticated: boolean },
): Answer {
  const intent = { ...before, payment_method: known.method.id, last_setup_error: null, next_action: null };
  if (known.behaviour.attach) {
    const error = declineError(known.behaviour.attach, { payment_method: known.method });
    const failed = failSetup(unit, intent, error);
    return { status: 402, body: { error: { ...error, setup_intent: failed } } };
  }
  const { authentication } = known.behaviour;
  if (authentication !== undefined && authentication !== 'when_requested' && !asked.authenticated) {
    unit.put('authentication', { id: intent.id, returnUrl: asked.returnUrl });
    const waiting = {
      ...intent,
      status: 'requires_action',
      next_action: nextActionOf(settings, intent, asked.returnUrl),
    };
    return { status: 200, body: putIntent(unit, waiting, 'setup_intent.requires_action') };
  }
  if (typeof intent.customer === 'string') attachMethod(unit, known, intent.customer, true);
  return { status: 200, body: putIntent(unit, { ...intent, status: 'succeeded' }, 'setup_intent.succeeded') };
}

function emptyIntent(unit: Unit, params: z.output<typeof createParams>): Stripe.SetupIntent {
  const id = newId('seti');
  const asked =
    params.automatic_payment_methods ??
    (params.payment_method_types ? undefined : { enabled: true, allow_redirects: undefined });
  return {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: asked?.enabled
      ? { enabled: true, allow_redirects: asked.allow_redirects ?? 'always' }
      : null,
    cancellation_reason: null,
    client_secret: newClientSecret(id),
    created: unit.now,
    customer: params.customer === undefined ? null : existingCustomer(unit, params.customer).id,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: mergeMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: params.payment_method_types ?? ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: params.usage ?? 'off_session',
  };
}

function create(call: Call<z.output<typeof createParams>>): Answer {
  const { unit, params, settings } = call;
  const known = params.payment_method ? getMethod(unit, params.payment_method) : null;
  const blank = emptyIntent(unit, params);
  const intent = known
    ? { ...blank, payment_method: known.method.id, status: 'requires_confirmation' as const }
    : blank;
  putIntent(unit, intent, 'setup_intent.created');
  if (params.confirm !== true) return { status: 200, body: intent };
  if (!known) throw missingMethod(intent);
  return confirmSetup(unit, settings, intent, known, {
    returnUrl: params.return_url ?? null,
    authenticated: false,
  });
}

function missingMethod(intent: Stripe.SetupIntent): Error {
  return invalidRequest("You cannot confirm this SetupIntent because it's missing a payment method.", {
    code: 'setup_intent_unexpected_state',
    setup_intent: intent,
  });
}

const confirmParams = z.strictObject({
  payment_method: text.optional(),
  return_url: returnUrl,
  mandate_data: unread,
  payment_method_options: unread,
  use_stripe_sdk: unread,
});

export const setupIntentRoutes: readonly Route[] = [
  route('POST', '/v1/setup_intents', createParams, create),
  route('GET', '/v1/setup_intents/:id', z.strictObject({ client_secret: text.optional() }), pathIntent),
  route(
    'GET',
    '/v1/setup_intents',
    z.strictObject({ ...pageParams, customer: text.optional(), created: range.optional() }),
    ({ unit, params }) => {
      const rows = unit
        .all('setup_intent')
        .filter((intent) => params.customer === undefined || intent.customer === params.customer)
        .filter((intent) => isInRange(intent.created, params.created));
      return pageOf(rows, params, '/v1/setup_intents');
    },
  ),
  route('POST', '/v1/setup_intents/:id/confirm', confirmParams, (call) => {
    const { unit, params, settings } = call;
    const intent = pathIntent(call);
    requireOpen(intent, 'confirm');
    const id =
      params.payment_method ?? (typeof intent.payment_method === 'string' ? intent.payment_method : null);
    if (id === null) throw missingMethod(intent);
    const asked = { returnUrl: params.return_url ?? null, authenticated: false };
    return confirmSetup(unit, settings, intent, getMethod(unit, id), asked);
  }),
  route(
    'POST',
    '/v1/setup_intents/:id/cancel',
    z.strictObject({
      cancellation_reason: z.enum(['abandoned', 'duplicate', 'requested_by_customer']).optional(),
    }),
    (call) => {
      const before = pathIntent(call);
      requireOpen(before, 'cancel');
      const reason = call.params.cancellation_reason ?? null;
      const canceled = {
        ...before,
        status: 'canceled' as const,
        cancellation_reason: reason,
        next_action: null,
      };
      return putIntent(call.unit, canceled, 'setup_intent.canceled');
    },
  ),
];
