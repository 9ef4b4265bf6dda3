/** A carrier over HTTP: the sandbox in local/carrier, or a small adapter of one's own that speaks as it does. */
import { z } from 'zod';
import { CarrierRefused, type Carrier, type Parcel } from './carrier.js';

const timeoutMs = 8_000;
const minorUnits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(BigInt);
const date = z.iso.date().nullable();

const rates = z.object({
  rates: z.array(
    z.object({
      service: z.string(),
      name: z.string(),
      amount: minorUnits,
      currencyCode: z.string(),
      deliveryDate: date,
    }),
  ),
});
const label = z.object({
  id: z.string().min(1),
  trackingNumber: z.string().min(1),
  trackingUrl: z.url().nullable(),
  labelUrl: z.url(),
  amount: minorUnits,
  currencyCode: z.string(),
  deliveryDate: date,
});
const tracking = z.object({
  events: z.array(
    z.object({
      id: z.string().min(1),
      status: z.enum([
        ...([
          'LABEL_CREATED',
          'IN_TRANSIT',
          'OUT_FOR_DELIVERY',
          'DELIVERED',
          'EXCEPTION',
          'RETURNED_TO_SENDER',
        ] as const),
      ]),
      at: z.iso.datetime().transform((text) => new Date(text)),
      place: z.string().nullable(),
      message: z.string().nullable(),
    }),
  ),
});
const refusal = z.object({ code: z.string(), message: z.string() });

/** No usable answer: what was asked may or may not have been done. The code makes timers wait it out (database-error.ts). */
const unavailable = (message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code: 'SERVICE_UNAVAILABLE' });

export interface CarrierOptions {
  url: string;
  key: string;
}

/** The carrier at `url`. Answers that are not what was agreed are thrown: nothing of them is believed. */
export function createHttpCarrier({ url, key }: CarrierOptions): Carrier {
  async function ask(method: string, path: string, body?: object, idempotencyKey?: string): Promise<unknown> {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw unavailable('The carrier gave no answer.', error);
    });
    const read = (await answer.json().catch(() => null)) as unknown;
    if (answer.ok) return read;
    const refused = refusal.safeParse(read);
    if (answer.status === 422 && refused.success)
      throw new CarrierRefused(refused.data.code, refused.data.message);
    throw unavailable(`The carrier answered ${answer.status} to ${method} ${path}.`);
  }
  const parcelOf = ({ reference, to, weightGrams, isReturn }: Parcel): object => ({
    ...{ reference, to, weightGrams, isReturn },
  });
  return {
    rates: async (parcel) => rates.parse(await ask('POST', '/v1/rates', parcelOf(parcel))).rates,
    buyLabel: async (once, parcel, service) =>
      label.parse(await ask('POST', '/v1/labels', { ...parcelOf(parcel), service }, once)),
    tracking: async (id) =>
      tracking.parse(await ask('GET', `/v1/labels/${encodeURIComponent(id)}/tracking`)).events,
    cancelLabel: async (id) => void (await ask('POST', `/v1/labels/${encodeURIComponent(id)}/cancel`, {})),
  };
}
