// For the tests of this folder: a sandbox in a folder of its own, a client, and an endpoint that takes webhooks.
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { startStripeSandbox } from './server.js';
import type { StripeSandbox, StripeSandboxOptions } from './server.js';
import { eventually } from '../../tests/testkit/eventually.js';

export const SECRET_KEY = 'sk_test_hanse';
export const WEBHOOK_SECRET = 'whsec_hanse';

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stripe-sandbox-'));
}

/** The real client, without retries of its own so that every answer is seen. */
export function clientOf(port: number, config: { key?: string; maxNetworkRetries?: number } = {}): Stripe {
  const { key = SECRET_KEY, maxNetworkRetries = 0 } = config;
  return new Stripe(key, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries });
}

const stops: (() => Promise<void>)[] = [];

/** For `afterEach`: ends what the test started. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

export async function startTestSandbox(
  options: Partial<StripeSandboxOptions> = {},
): Promise<{ sandbox: StripeSandbox; stripe: Stripe; dataFolder: string }> {
  const dataFolder = options.dataFolder ?? (await newFolder());
  const sandbox = await startStripeSandbox({
    dataFolder,
    secretKey: SECRET_KEY,
    webhooks: [],
    asyncCaptureDelayMs: 0,
    webhookRetry: { firstMs: 10, longestMs: 40 },
    ...options,
  });
  stops.push(() => sandbox.stop());
  return { sandbox, stripe: clientOf(sandbox.port), dataFolder };
}

export interface Received {
  body: string;
  signature: string;
}

export interface Inbox {
  url: string;
  received: Received[];
  /** The status of the next answers; 200 when empty. */
  answers: number[];
  /** Waits until that many webhooks have arrived. */
  wait(count: number): Promise<Stripe.Event[]>;
}

/** An endpoint that remembers what it was sent. */
export async function startInbox(port = 0): Promise<Inbox> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      received.push({ body, signature: String(request.headers['stripe-signature']) });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  stops.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const url = `http://127.0.0.1:${String(taken)}/hook`;
  return {
    url,
    received,
    answers,
    wait: (count) => eventually(() => received.length >= count && received.map(eventOf)),
  };
}

function eventOf(item: Received): Stripe.Event {
  return clientOf(1).webhooks.constructEvent(item.body, item.signature, WEBHOOK_SECRET);
}

/** Calls a helper under /_sandbox. */
export async function callHelper(sandbox: StripeSandbox, path: string, body: object): Promise<Response> {
  return fetch(`${sandbox.url}/_sandbox/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SECRET_KEY}` },
    body: JSON.stringify(body),
  });
}

/** The error of a refused call, with the fields that Stripe's client reads. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('The call was not refused.');
}
