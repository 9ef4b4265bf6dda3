// The carrier sandbox's webhooks: every step of a parcel, again and again until it is taken.
import { createHmac } from 'node:crypto';
import { trackingOf, type Label } from './parcels.js';

export interface Webhook {
  url: string;
  secret: string;
}

export interface WebhookSender {
  add(webhook: Webhook): void;
  stop(): Promise<void>;
}

interface SenderOptions {
  labels: () => Iterable<Label>;
  clock: () => Date;
  stepMs: number;
}

/** How the news of a parcel is signed; `at` in milliseconds. */
export function signed(secret: string, body: string, at: number): string {
  const time = Math.floor(at / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}

const lookEveryMs = 500;
/** Of parcels that are older nothing is told any more. */
const longestMs = 86_400_000;

/** Looks twice a second for steps that are not told yet. Who restarts tells all again: that must do no harm. */
export function startWebhookSender({ labels, clock, stepMs }: SenderOptions): WebhookSender {
  const told = new Map<string, Set<string>>();
  const webhooks: Webhook[] = [];
  let busy: Promise<void> | undefined;

  async function send({ url, secret }: Webhook, id: string, reference: string): Promise<boolean> {
    const body = JSON.stringify({ id, reference });
    const headers = {
      'content-type': 'application/json',
      'hanse-signature': signed(secret, body, clock().getTime()),
    };
    const options = { method: 'POST', headers, body, signal: AbortSignal.timeout(5_000) };
    return fetch(url, options).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async function tellAll(): Promise<void> {
    for (const webhook of webhooks) {
      const known = told.get(webhook.url) ?? new Set();
      told.set(webhook.url, known);
      for (const label of labels()) {
        if (clock().getTime() - new Date(label.createdAt).getTime() > longestMs) continue;
        for (const { id } of trackingOf(label, clock(), stepMs))
          if (!known.has(id) && (await send(webhook, id, label.request.reference))) known.add(id);
      }
    }
  }

  const timer = setInterval(() => {
    busy ??= tellAll().finally(() => (busy = undefined));
  }, lookEveryMs);
  timer.unref();
  return {
    add: (webhook) => void webhooks.push(webhook),
    stop: async () => {
      clearInterval(timer);
      webhooks.length = 0;
      await busy;
    },
  };
}
