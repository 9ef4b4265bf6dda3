/** Variables of an order's life after it is placed; a part of the table in variables.ts. */
import { z } from 'zod';

const minuteMs = 60_000;
const unitsMs = { m: minuteMs, h: 60 * minuteMs, d: 1_440 * minuteMs } as const;

/** `30m`, `12h`, `7d` in milliseconds; null where it is none. */
export function readDuration(text: string): number | null {
  const match = /^([1-9]\d{0,4})([mhd])$/.exec(text);
  return match ? Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs] : null;
}

/** After this an order's stock goes back whatever its payment does (orders/payment/rules.ts says the same of one that is processed). */
export const longestHoldMs = 7 * unitsMs.d;

/** What is paid with (payments' PaymentMethodType) and for how long an order waits for it. */
export const heldMethods = [
  'CREDIT_CARD',
  'DEBIT_CARD',
  'PAYPAL',
  'APPLE_PAY',
  'GOOGLE_PAY',
  'BANK_TRANSFER',
  'WALLET',
  'CRYPTO',
] as const;
export type HeldMethod = (typeof heldMethods)[number];
export type HoldTimes = Partial<Record<HeldMethod, number>>;

const duration = (most: number) =>
  z.string().transform((text, context) => {
    const ms = readDuration(text);
    if (ms === null || ms > most) {
      context.addIssue({
        code: 'custom',
        message: `is not a time such as 30m, 12h or 7d, at most ${most / unitsMs.d}d`,
      });
      return z.NEVER;
    }
    return ms;
  });

const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port, 0 to 65535')
  .transform(Number)
  .refine((port) => port <= 65_535, 'is not a port, 0 to 65535');

const holdTimes = z.string().transform((text, context): HoldTimes => {
  const times: HoldTimes = {};
  for (const part of text.split(',')) {
    const [name = '', time = ''] = part.split(':').map((one) => one.trim());
    const method = heldMethods.find((one) => one === name);
    const ms = readDuration(time);
    if (!method || ms === null || ms > longestHoldMs) {
      context.addIssue({
        code: 'custom',
        message: `has "${part}", which is not METHOD:time with a time up to 7d`,
      });
      return z.NEVER;
    }
    times[method] = ms;
  }
  return times;
});

export const orderVariables = {
  ORDER_PAYMENT_TIME: {
    schema: duration(longestHoldMs).default(30 * minuteMs),
    meaning: 'how long an order waits for its payment',
    example: '30m',
  },
  UNPAID_MAIL_AFTER: {
    schema: duration(unitsMs.d).default(5 * minuteMs),
    meaning: 'after how long the customer of an order that is not paid yet gets a mail about it',
    example: '5m',
  },
  PAYMENT_HOLD_TIMES: {
    schema: holdTimes.default({ BANK_TRANSFER: longestHoldMs, CRYPTO: unitsMs.h }),
    meaning:
      'how long an order waits for a payment that has begun, by what it is paid with; ORDER_PAYMENT_TIME for the rest',
    example: 'BANK_TRANSFER:7d,CRYPTO:1h',
  },
  PAYMENT_CAPTURE: {
    schema: z.enum(['automatic', 'manual']).default('automatic'),
    meaning:
      'whether money is taken when an order is paid, or set aside until staff take it with captureOrder',
    example: 'manual',
  },
  RETURN_TIME: {
    schema: duration(3_650 * unitsMs.d).default(30 * unitsMs.d),
    meaning: 'how long after a parcel arrived its customer may ask to send articles back',
    example: '30d',
  },
  RETURN_DECISION_TIME: {
    schema: duration(365 * unitsMs.d).default(14 * unitsMs.d),
    meaning: 'after how long a return that staff did not decide on is approved',
    example: '14d',
  },
  RETURN_ARRIVAL_TIME: {
    schema: duration(365 * unitsMs.d).default(60 * unitsMs.d),
    meaning: 'after how long an approved return that did not come ends',
    example: '60d',
  },
  GUEST_ACCESS_TIME: {
    schema: duration(3_650 * unitsMs.d).default(90 * unitsMs.d),
    meaning: "how long the token in a guest's mail leads back to the order",
    example: '90d',
  },
  CARRIER_URL: {
    schema: z.url({ protocol: /^https?$/, error: 'is not a URL with http or https' }).optional(),
    meaning:
      'the carrier that labels are bought from; all in one a sandbox stands in, else staff type the numbers',
    example: 'https://carrier.example',
  },
  CARRIER_KEY: {
    schema: z.string().min(1).optional(),
    meaning: 'what Hanse shows the carrier',
    example: 'ck_live_...',
  },
  CARRIER_WEBHOOK_SECRET: {
    schema: z.string().min(16, 'has fewer than 16 characters').optional(),
    meaning:
      'what the carrier signs its webhooks with; two, separated by a comma, while one is replaced; without it the carrier is asked alone',
    example: 'cwsec_...',
  },
  CARRIER_WEBHOOK_PORT: {
    schema: portNumber.default(0),
    meaning: "port on which orders takes the carrier's webhooks; a free one when 0",
    example: '4006',
  },
  CARRIER_TRACKING_INTERVAL: {
    schema: duration(unitsMs.d).default(15 * minuteMs),
    meaning: 'how often the carrier is asked where a parcel is',
    example: '15m',
  },
};

export interface OrdersConfig {
  /** How long a placed order waits for its payment. */
  paymentTimeMs: number;
  /** After how long the customer of one that nothing was paid for is told of it. */
  unpaidNewsMs: number;
  /** How long it waits for one that has begun, by method. */
  holdTimesMs: HoldTimes;
  returnTimeMs: number;
  returnDecisionMs: number;
  returnArrivalMs: number;
  /** How long a guest's token leads to the order. */
  guestAccessMs: number;
  captureMethod: 'AUTOMATIC' | 'MANUAL';
  /** How often the carrier is asked where a parcel is. */
  trackingIntervalMs: number;
}

type Values = { [Name in keyof typeof orderVariables]: z.output<(typeof orderVariables)[Name]['schema']> };

export interface CarrierConfig {
  url: string;
  key: string;
  /** Null: it sends none. */
  webhook: { secrets: readonly string[]; port: number } | null;
}

/** Where and as whom the carrier is asked, and how it tells; null without one. */
export const carrierOf = (v: Values): CarrierConfig | null =>
  v.CARRIER_URL
    ? {
        ...{ url: v.CARRIER_URL, key: v.CARRIER_KEY ?? '' },
        webhook: v.CARRIER_WEBHOOK_SECRET
          ? { secrets: v.CARRIER_WEBHOOK_SECRET.split(','), port: v.CARRIER_WEBHOOK_PORT }
          : null,
      }
    : null;

export const ordersConfigOf = (v: Values): OrdersConfig => ({
  paymentTimeMs: v.ORDER_PAYMENT_TIME,
  unpaidNewsMs: v.UNPAID_MAIL_AFTER,
  holdTimesMs: v.PAYMENT_HOLD_TIMES,
  returnTimeMs: v.RETURN_TIME,
  returnDecisionMs: v.RETURN_DECISION_TIME,
  returnArrivalMs: v.RETURN_ARRIVAL_TIME,
  guestAccessMs: v.GUEST_ACCESS_TIME,
  captureMethod: v.PAYMENT_CAPTURE === 'manual' ? 'MANUAL' : 'AUTOMATIC',
  trackingIntervalMs: v.CARRIER_TRACKING_INTERVAL,
});
