// What Stripe does not have: the bank's 3-D Secure page, and helpers for tests under /_sandbox.
import { z } from 'zod';
import type { Api, ApiAnswer, ApiRequest } from './api.js';
import { authenticate } from './api.js';
import { authenticationFailure, confirmIntent, failIntent } from './confirmation.js';
import { chaosSchema } from './chaos.js';
import { resourceMissing, StripeApiError, invalidRequest } from './errors.js';
import { parseForm } from './form.js';
import { findMethod } from './payment-methods.js';
import { payOut } from './payouts.js';
import { confirmSetup, failSetup } from './setup-intents.js';
import type { Unit } from './store.js';
import { challengeDonePage, challengePage, returnAddress } from './three-d-secure.js';
import { settlePayment } from './timers.js';
import { urlsFor, type Webhooks } from './webhooks.js';

type Intent = NonNullable<ReturnType<typeof intentOf>>;

function intentOf(unit: Unit, id: string) {
  return unit.find('payment_intent', id) ?? unit.find('setup_intent', id);
}

function html(status: number, body: string, headers: Record<string, string> = {}): ApiAnswer {
  // The address of the page holds the client secret, which must not leave with a referrer.
  const fixed = { 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'no-referrer' };
  return { status, body, headers: { ...fixed, ...headers } };
}

function json(body: unknown, status = 200): ApiAnswer {
  return { status, body: JSON.stringify(body, null, 2), headers: { 'content-type': 'application/json' } };
}

function finish(api: Api, unit: Unit, intent: Intent, passed: boolean, returnUrl: string | null): void {
  const known = findMethod(unit, typeof intent.payment_method === 'string' ? intent.payment_method : '');
  if (!known) throw resourceMissing('PaymentMethod', String(intent.payment_method), 'payment_method');
  unit.remove('authentication', intent.id);
  if (intent.object === 'setup_intent') {
    if (passed) confirmSetup(unit, api.settings, intent, known, { returnUrl, authenticated: true });
    else failSetup(unit, intent, authenticationFailure('setup', known));
    return;
  }
  const asked = { returnUrl, offSession: false, errorOnRequiresAction: false, authenticated: true };
  if (passed) confirmIntent(unit, api.settings, intent, known, asked);
  else failIntent(unit, intent, authenticationFailure('payment', known));
}

async function challenge(api: Api, request: ApiRequest, id: string): Promise<ApiAnswer> {
  const form = parseForm(request.form);
  const unit = api.store.begin({ requestId: null, idempotencyKey: null }, api.endpoints());
  const intent = intentOf(unit, id);
  if (!intent || intent.client_secret !== form['client_secret']) {
    return html(404, challengeDonePage('There is no such challenge.'));
  }
  if (intent.status !== 'requires_action') {
    return html(409, challengeDonePage('This challenge is over.'));
  }
  if (request.method === 'GET') {
    const isPayment = intent.object === 'payment_intent';
    const amount = isPayment ? `${String(intent.amount)} (smallest unit of ${intent.currency})` : null;
    return html(200, challengePage(intent, amount));
  }
  const outcome = form['outcome'];
  if (outcome !== 'complete' && outcome !== 'fail')
    return html(400, challengeDonePage('Say outcome=complete or fail.'));
  const returnUrl = unit.find('authentication', id)?.returnUrl ?? null;
  finish(api, unit, intent, outcome === 'complete', returnUrl);
  await api.store.commit(unit.changes);
  const after = intentOf(unit, id);
  const succeeded =
    after?.status === 'succeeded' || after?.status === 'requires_capture' || after?.status === 'processing';
  const message = succeeded ? 'Done. You may close this page.' : 'The payment did not go through.';
  if (returnUrl === null) return html(200, challengeDonePage(message));
  return html(303, '', { location: returnAddress(returnUrl, intent, succeeded) });
}

const webhookSchema = z.strictObject({ url: z.url(), secret: z.string().min(1) });
const settleSchema = z.strictObject({ payment_intent: z.string(), outcome: z.enum(['succeeded', 'failed']) });
const payoutSchema = z.strictObject({ currency: z.string().length(3) });
const resendSchema = z.strictObject({ event: z.string() });

function parseJson<T extends z.ZodType>(schema: T, body: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw invalidRequest('The body is not JSON.');
  }
  const result = schema.safeParse(value);
  if (!result.success) throw invalidRequest(z.prettifyError(result.error));
  return result.data;
}

async function settle(api: Api, body: string): Promise<ApiAnswer> {
  const asked = parseJson(settleSchema, body);
  const unit = api.store.begin({ requestId: null, idempotencyKey: null }, api.endpoints());
  if (!settlePayment(unit, asked.payment_intent, asked.outcome === 'succeeded')) {
    throw invalidRequest(`${asked.payment_intent} is not processing.`);
  }
  await api.store.commit(unit.changes);
  return json(unit.find('payment_intent', asked.payment_intent));
}

/** Pays out what has gathered in a currency. */
async function payout(api: Api, body: string): Promise<ApiAnswer> {
  const { currency } = parseJson(payoutSchema, body);
  const unit = api.store.begin({ requestId: null, idempotencyKey: null }, api.endpoints());
  const made = payOut(unit, currency);
  if (!made) throw invalidRequest(`There is nothing in ${currency} to pay out.`);
  await api.store.commit(unit.changes);
  return json(made);
}

async function resend(api: Api, body: string): Promise<ApiAnswer> {
  const { event } = parseJson(resendSchema, body);
  const unit = api.store.begin({ requestId: null, idempotencyKey: null }, []);
  const found = unit.find('event', event);
  if (!found) throw resourceMissing('event', event);
  const urls = urlsFor(api.endpoints(), found.type);
  for (const url of urls) {
    const times = { createdAt: unit.nowMs, nextAttemptAt: unit.nowMs };
    unit.put('delivery', { id: `${event} ${url}`, eventId: event, url, attempts: 0, ...times });
  }
  await api.store.commit(unit.changes);
  return json({ resent: urls });
}

async function helper(api: Api, webhooks: Webhooks, request: ApiRequest): Promise<ApiAnswer> {
  authenticate(request.authorization, api.secretKey);
  switch (`${request.method} ${request.path}`) {
    case 'POST /_sandbox/settle':
      return settle(api, request.form);
    case 'POST /_sandbox/payout':
      return payout(api, request.form);
    case 'POST /_sandbox/resend':
      return resend(api, request.form);
    case 'POST /_sandbox/chaos': {
      const chaos = parseJson(chaosSchema, request.form);
      webhooks.setChaos(chaos);
      return json(chaos);
    }
    case 'POST /_sandbox/webhooks': {
      const endpoint = parseJson(webhookSchema, request.form);
      webhooks.endpoints.set(endpoint.url, endpoint);
      return json({ url: endpoint.url });
    }
    case 'GET /_sandbox/deliveries':
      return json([...api.store.tables.delivery.values()]);
    default:
      throw new StripeApiError(404, { type: 'invalid_request_error', message: 'No such helper.' });
  }
}

/** Answers a request under `/_sandbox`; never throws. */
export async function answerSandbox(api: Api, webhooks: Webhooks, request: ApiRequest): Promise<ApiAnswer> {
  try {
    if (request.path === '/_sandbox/health') return json({ status: 'ok' });
    const page = /^\/_sandbox\/3d_secure\/([A-Za-z0-9_]+)$/.exec(request.path);
    const id = page?.[1];
    return await (id === undefined ? helper(api, webhooks, request) : challenge(api, request, id));
  } catch (error) {
    if (error instanceof StripeApiError) return json({ error: error.body }, error.status);
    const message = error instanceof Error ? error.message : String(error);
    return json({ error: { type: 'api_error', message } }, 500);
  }
}
