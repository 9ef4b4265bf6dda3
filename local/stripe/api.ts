// One API request: who asks, was it asked before, do it in one unit of work, answer when that is on disk.
import { refuseCardNumbers } from './card-numbers.js';
import type { SandboxSettings } from './call.js';
import { StripeApiError, isRefusedBeforeExecution } from './errors.js';
import { expandAnswer } from './expand.js';
import { parseForm } from './form.js';
import type { FormObject } from './form.js';
import { checkKey, findOutcome, fingerprintRequest, keyInUse } from './idempotency.js';
import { newId } from './ids.js';
import { listOf, readParams, text } from './params.js';
import { findRoute } from './routes.js';
import type { Store } from './store.js';
import type { WebhookEndpoint } from './webhooks.js';

export interface ApiRequest {
  method: string;
  path: string;
  /** The query or the body, as it came. */
  form: string;
  authorization: string | undefined;
  idempotencyKey: string | undefined;
}

export interface ApiAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Api {
  store: Store;
  settings: SandboxSettings;
  secretKey: string;
  delayMs: number;
  clock: () => Date;
  endpoints(): WebhookEndpoint[];
  keysInUse: Set<string>;
}

/** Throws 401 unless the header carries the secret key, as a bearer token or as the user name of basic authentication. */
export function authenticate(authorization: string | undefined, secretKey: string): void {
  const [scheme = '', credentials = ''] = (authorization ?? '').split(' ');
  const isBasic = scheme.toLowerCase() === 'basic';
  const key = isBasic
    ? (Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? '')
    : credentials;
  if (key === secretKey) return;
  const message =
    key === ''
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
      : `Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`;
  throw new StripeApiError(401, { type: 'invalid_request_error', message });
}

function pause(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}

function errorAnswer(error: unknown): { status: number; body: string } {
  if (error instanceof StripeApiError)
    return { status: error.status, body: JSON.stringify({ error: error.body }, null, 2) };
  const message = `The sandbox failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  return { status: 500, body: JSON.stringify({ error: { type: 'api_error', message } }, null, 2) };
}

function unknownUrl(method: string, path: string): StripeApiError {
  const message = `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  return new StripeApiError(404, { type: 'invalid_request_error', message });
}

interface Execution {
  status: number;
  body: string;
  /** Whether the endpoint began to execute, which is what binds an idempotency key. */
  began: boolean;
}

function execute(
  api: Api,
  request: ApiRequest,
  params: FormObject,
  requestId: string,
): Execution & { durable: Promise<void> } {
  const key = request.idempotencyKey ?? null;
  const origin = { requestId, idempotencyKey: key };
  const unit = api.store.begin(origin, api.endpoints());
  let execution: Execution;
  try {
    const found = findRoute(request.method, request.path);
    if (!found) throw unknownUrl(request.method, request.path);
    const { expand, ...rest } = params;
    const paths = readParams(listOf(text), expand === undefined ? {} : (expand as FormObject));
    const [id = '', subId = ''] = found.ids;
    const call = { unit, params: readParams(found.route.schema, rest), id, subId, settings: api.settings };
    const answer = found.route.run(call);
    const body = answer.status === 200 ? expandAnswer(unit, answer.body, paths) : answer.body;
    execution = { status: answer.status, body: JSON.stringify(body, null, 2), began: true };
  } catch (error) {
    // A refusal changes nothing: what the unit gathered is dropped.
    unit.changes.length = 0;
    const known = error instanceof StripeApiError;
    execution = {
      ...errorAnswer(error),
      began: known && !isRefusedBeforeExecution(error) && error.status !== 404,
    };
  }
  if (key !== null && execution.began) {
    const fingerprint = fingerprintRequest(api.secretKey, request.path, params);
    const { status, body } = execution;
    unit.put('outcome', { id: key, fingerprint, requestId, status, body, createdAt: unit.nowMs });
  }
  return { ...execution, durable: api.store.commit(unit.changes) };
}

async function perform(api: Api, request: ApiRequest, requestId: string): Promise<ApiAnswer> {
  authenticate(request.authorization, api.secretKey);
  const params = parseForm(request.form);
  const key = request.method === 'POST' ? request.idempotencyKey : undefined;
  refuseCardNumbers(params, key ?? '', request.path);
  if (key === undefined) {
    await pause(api.delayMs);
    const { status, body, durable } = execute(
      api,
      { ...request, idempotencyKey: undefined },
      params,
      requestId,
    );
    await durable;
    return { status, body, headers: {} };
  }
  checkKey(key);
  if (api.keysInUse.has(key)) throw keyInUse(key);
  const fingerprint = fingerprintRequest(api.secretKey, request.path, params);
  const earlier = findOutcome(api.store.tables, key, fingerprint, api.clock().getTime());
  if (earlier) {
    await api.store.flushed();
    const headers = {
      'idempotency-key': key,
      'idempotent-replayed': 'true',
      'original-request': earlier.requestId,
    };
    return { status: earlier.status, body: earlier.body, headers };
  }
  api.keysInUse.add(key);
  try {
    await pause(api.delayMs);
    const { status, body, durable } = execute(api, request, params, requestId);
    await durable;
    return { status, body, headers: { 'idempotency-key': key } };
  } finally {
    api.keysInUse.delete(key);
  }
}

/** Answers one request to `/v1/…`; never throws. */
export async function answerApi(api: Api, request: ApiRequest): Promise<ApiAnswer> {
  const requestId = newId('req');
  const answer = await perform(api, request, requestId).catch((error: unknown) => ({
    ...errorAnswer(error),
    headers: {},
  }));
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'application/json', 'request-id': requestId },
  };
}
