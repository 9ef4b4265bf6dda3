/** The door for the provider's webhooks: `POST /webhooks/stripe`, open to the world, so nothing unsigned gets past it. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import type { Clock } from '../../shared/clock.js';
import type { Log } from '../../shared/log.js';
import type { ProviderEvent } from './rules.js';

export interface WebhookServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  stripe: Stripe;
  /** Any of them may have signed: two while one is replaced by the other. */
  secrets: readonly string[];
  clock: Clock;
  log: Log;
  receive: (event: ProviderEvent) => Promise<void>;
}

export interface WebhookServer {
  url: string;
  stop(): Promise<void>;
}

const path = '/webhooks/stripe';
const mostBytes = 512 * 1024;
/** Seconds by which a signature may be old or ahead. */
const tolerance = 300;

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function eventOf(event: Stripe.Event): ProviderEvent {
  const object = event.data.object as { id?: string; object?: string; payment_intent?: unknown };
  const intent = object.object === 'payment_intent' ? object.id : object.payment_intent;
  return {
    id: event.id,
    type: event.type,
    occurredAt: new Date(event.created * 1000),
    objectId: object.id ?? null,
    intentId: typeof intent === 'string' ? intent : null,
  };
}

/** The event, if one of the secrets signed exactly these bytes a short while ago; null otherwise. */
export function verify(
  { stripe, secrets, clock }: Pick<WebhookServerOptions, 'stripe' | 'secrets' | 'clock'>,
  body: Buffer,
  signature: string,
): ProviderEvent | null {
  const now = clock().getTime();
  const ahead = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1]) - now / 1000;
  // The library looks only whether a signature is too old.
  if (!(ahead <= tolerance)) return null;
  for (const secret of secrets) {
    try {
      return eventOf(stripe.webhooks.constructEvent(body, signature, secret, tolerance, undefined, now));
    } catch {
      // not by this secret
    }
  }
  return null;
}

async function answer(options: WebhookServerOptions, request: IncomingMessage): Promise<number> {
  if (request.url?.split('?')[0] !== path) return 404;
  if (request.method !== 'POST') return 405;
  const body = await readBody(request);
  if (!body) return 413;
  const signature = request.headers['stripe-signature'];
  const event = typeof signature === 'string' ? verify(options, body, signature) : null;
  if (!event) {
    options.log.warn(
      { address: request.socket.remoteAddress },
      'a webhook without a valid signature was refused',
    );
    return 400;
  }
  await options.receive(event);
  return 200;
}

/** Listens; 200 is said only when the event is in the database, else the provider sends it again. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const server: Server = createServer((request, response) => {
    answer(options, request).then(
      (status) => {
        // What was not read to its end is not read at all.
        if (status !== 200) response.setHeader('connection', 'close');
        response.writeHead(status).end();
      },
      (error: unknown) => {
        options.log.error({ err: error }, 'a webhook could not be stored; the provider will send it again');
        response.writeHead(500).end();
      },
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  return {
    url: `http://${host}:${port}${path}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
