// Webhooks: every event is posted to every endpoint that wants it, signed, until the endpoint says 2xx.
import { createHmac } from 'node:crypto';
import type { Chaos } from './chaos.js';
import { seededRandom } from './chaos.js';
import type { Store } from './store.js';
import type { Change, Delivery, StoredEvent } from './tables.js';

export interface WebhookEndpoint {
  url: string;
  secret: string;
  /** Types of the events that it wants; all when absent. At Stripe these are an endpoint's `enabled_events`. */
  events?: readonly string[];
}

/** Where events of that type go. */
export const urlsFor = (endpoints: readonly WebhookEndpoint[], type: string): string[] =>
  endpoints.filter(({ events }) => !events || events.includes(type)).map(({ url }) => url);

export interface WebhookSettings {
  clock: () => Date;
  /** The wait after the first failure; it doubles with each further one. */
  firstRetryMs: number;
  longestRetryMs: number;
}

const GIVE_UP_AFTER_MS = 3 * 86_400_000;
const ATTEMPT_TIMEOUT_MS = 10_000;
const MOST_AT_ONCE = 32;

/** The `Stripe-Signature` header of a payload. */
export function signatureOf(payload: string, secret: string, seconds: number): string {
  const signature = createHmac('sha256', secret)
    .update(`${String(seconds)}.${payload}`)
    .digest('hex');
  return `t=${String(seconds)},v1=${signature}`;
}

/** The wait before the next attempt. */
export function retryDelayMs(
  attempts: number,
  settings: Pick<WebhookSettings, 'firstRetryMs' | 'longestRetryMs'>,
): number {
  return Math.min(settings.firstRetryMs * 2 ** (attempts - 1), settings.longestRetryMs);
}

async function post(
  endpoint: WebhookEndpoint,
  event: StoredEvent,
  now: Date,
  end: AbortSignal,
): Promise<boolean> {
  const payload = JSON.stringify(event, null, 2);
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      body: payload,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signatureOf(payload, endpoint.secret, Math.floor(now.getTime() / 1000)),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
      redirect: 'manual',
      signal: AbortSignal.any([end, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

export interface Webhooks {
  endpoints: Map<string, WebhookEndpoint>;
  setChaos(chaos: Chaos): void;
  /** Starts what is due. */
  wake(): void;
  stop(): Promise<void>;
}

/** Sends the deliveries of a store; what is not confirmed when the process ends is sent again after its start. */
export function startWebhooks(store: Store, settings: WebhookSettings, initialChaos: Chaos): Webhooks {
  const endpoints = new Map<string, WebhookEndpoint>();
  const underway = new Map<string, Promise<void>>();
  const pauses = new Set<{ timer: NodeJS.Timeout; end: () => void }>();
  let chaos = initialChaos;
  let random = seededRandom(chaos.seed);
  let stopped = false;
  const end = new AbortController();

  function pause(ms: number): Promise<void> {
    if (ms <= 0 || stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const entry = {
        timer: setTimeout(() => entry.end(), ms),
        end: () => (pauses.delete(entry), resolve()),
      };
      pauses.add(entry);
    });
  }

  async function sendOnce(endpoint: WebhookEndpoint, event: StoredEvent): Promise<boolean> {
    await pause(chaos.delayMs + Math.floor(random() * chaos.shuffleMs));
    return !stopped && (await post(endpoint, event, settings.clock(), end.signal));
  }

  async function deliver(delivery: Delivery, endpoint: WebhookEndpoint): Promise<void> {
    // Nobody may hear of what a crash could still take back.
    await store.flushed();
    const event = store.tables.event.get(delivery.eventId);
    const now = settings.clock().getTime();
    let done =
      event === undefined || now > delivery.createdAt + GIVE_UP_AFTER_MS || random() < chaos.dropRate;
    if (!done && event) {
      const sendings = Array.from({ length: chaos.repeat }, () => sendOnce(endpoint, event));
      done = (await Promise.all(sendings)).some(Boolean);
    }
    if (stopped && !done) return;
    await store.commit([outcomeOf(delivery, done)]);
  }

  function outcomeOf(delivery: Delivery, done: boolean): Change {
    if (done) return { remove: 'delivery', id: delivery.id };
    const attempts = delivery.attempts + 1;
    const nextAttemptAt = settings.clock().getTime() + retryDelayMs(attempts, settings);
    return { put: 'delivery', row: { ...delivery, attempts, nextAttemptAt } };
  }

  function wake(): void {
    if (stopped) return;
    const now = settings.clock().getTime();
    for (const delivery of store.tables.delivery.values()) {
      if (underway.size >= MOST_AT_ONCE) return;
      const endpoint = endpoints.get(delivery.url);
      if (!endpoint || delivery.nextAttemptAt > now || underway.has(delivery.id)) continue;
      // Only the disk fails here, and then every answer fails as well: nothing more may be sent.
      const run = deliver(delivery, endpoint).catch(() => {
        stopped = true;
      });
      underway.set(
        delivery.id,
        run.then(() => {
          underway.delete(delivery.id);
          wake();
        }),
      );
    }
  }

  return {
    endpoints,
    setChaos(next) {
      chaos = next;
      random = seededRandom(next.seed);
    },
    wake,
    async stop() {
      stopped = true;
      end.abort();
      for (const { timer, end } of [...pauses]) {
        clearTimeout(timer);
        end();
      }
      await Promise.all(underway.values());
    },
  };
}
