/** The carrier's webhooks: `POST /webhooks/carrier`, signed with HMAC-SHA256 over the time and the raw body. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import { openWebhookDoor, type WebhookDoor } from '../../shared/http/webhook-door.js';
import type { Log } from '../../shared/log.js';

const news = z.object({
  /** The carrier's, of this piece of news. */
  id: z.string().min(1).max(200),
  /** Ours, of the parcel. */
  reference: z.string().min(1).max(100),
});
export type CarrierNews = z.infer<typeof news>;

export interface Signing {
  /** Any of them may have signed: two while one is replaced by the other. */
  secrets: readonly string[];
  clock: Clock;
}

/** `hanse-signature: t=1790000000,v1=<hex>`: seconds since 1970, and the HMAC of `<t>.<body>`. */
export const signatureHeader = 'hanse-signature';

/** Seconds by which a signature may be old or ahead. */
const tolerance = 300;

const isSignedBy = (secret: string, signed: Buffer, signature: string): boolean => {
  const expected = createHmac('sha256', secret).update(signed).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
};

/** The news, if one of the secrets signed exactly these bytes a short while ago; null otherwise. */
export function readNews(
  { secrets, clock }: Signing,
  body: Buffer,
  headers: IncomingHttpHeaders,
): CarrierNews | null {
  const given = headers[signatureHeader];
  const match = typeof given === 'string' ? /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(given) : null;
  const [, time = '', signature = ''] = match ?? [];
  if (!match || Math.abs(Number(time) - clock().getTime() / 1000) > tolerance) return null;
  const signed = Buffer.concat([Buffer.from(`${time}.`), body]);
  if (!secrets.some((secret) => isSignedBy(secret, signed, signature))) return null;
  try {
    return news.safeParse(JSON.parse(body.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

export interface CarrierDoorOptions extends Signing {
  host: string;
  port: number;
  log: Log;
  receive: (told: CarrierNews) => Promise<void>;
}

/** Listens for the carrier. */
export const openCarrierDoor = ({ secrets, clock, ...options }: CarrierDoorOptions): Promise<WebhookDoor> =>
  openWebhookDoor({
    ...options,
    path: '/webhooks/carrier',
    read: (body, headers) => readNews({ secrets, clock }, body, headers),
  });
