/** The door for the provider's webhooks: `POST /webhooks/stripe`, open to the world, so nothing unsigned gets past it. */
import type Stripe from 'stripe';
import type { Clock } from '../../shared/clock.js';
import { openWebhookDoor, type WebhookDoor } from '../../shared/http/webhook-door.js';
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

/** Seconds by which a signature may be old or ahead. */
const tolerance = 300;

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

/** Listens; 200 is said only when the event is in the database, else the provider sends it again. */
export const startWebhookServer = (options: WebhookServerOptions): Promise<WebhookDoor> =>
  openWebhookDoor({
    ...options,
    path: '/webhooks/stripe',
    read: (body, headers) => {
      const signature = headers['stripe-signature'];
      return typeof signature === 'string' ? verify(options, body, signature) : null;
    },
  });
