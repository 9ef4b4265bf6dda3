/** The questions to both sides, shop and payment provider: what the one took is what the other notes. */
import type pg from 'pg';
import Stripe from 'stripe';
import type { Answer, Asking } from './ask.js';
import { UsageError } from './options.js';

/** A payment as payments notes it; amounts are minor units. */
interface NotedPayment {
  orderId: string;
  intentId: string;
  taken: number;
  refunded: number;
  holds: boolean;
  movedAt: Date;
}

interface Sides {
  intents: Stripe.PaymentIntent[];
  succeeded: Stripe.PaymentIntent[];
  intent: ReadonlyMap<string, Stripe.PaymentIntent>;
  payments: NotedPayment[];
  payment: ReadonlyMap<string, NotedPayment>;
  /** Given back at the provider, by intent. */
  back: ReadonlyMap<string, number>;
}

type Row = Record<string, unknown>;
/** A row of a question, and when either side last moved, where that is known. */
interface Finding {
  row: Row;
  moved: (Date | undefined)[];
}

async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

const orderOf = (intent: Stripe.PaymentIntent): string | undefined => intent.metadata['order_id'];
const createdAt = (intent: Stripe.PaymentIntent | undefined): Date | undefined =>
  intent?.created === undefined ? undefined : new Date(intent.created * 1_000);

function sumsBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  amountOf: (item: T) => number,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0) + amountOf(item));
  return sums;
}

async function bothSides(client: pg.Client, stripe: Stripe): Promise<Sides> {
  const all = await allOf(stripe.paymentIntents.list({ limit: 100 }));
  // What somebody else takes through the same account names no order of ours.
  const intents = all.filter((intent) => orderOf(intent) !== undefined);
  const refunds = await allOf(stripe.refunds.list({ limit: 100 }));
  const { rows: payments } = await client.query<NotedPayment>(`
    SELECT order_id AS "orderId", provider_intent_id AS "intentId", captured_amount::float AS taken,
      refunded_amount::float AS refunded, holds_order AS holds, updated_at AS "movedAt"
    FROM payments.payment WHERE provider_intent_id IS NOT NULL`);
  return {
    intents,
    succeeded: intents.filter((intent) => intent.status === 'succeeded'),
    intent: new Map(intents.map((intent) => [intent.id, intent])),
    payments,
    payment: new Map(payments.map((payment) => [payment.intentId, payment])),
    back: sumsBy(
      // What was set aside and not taken comes back without money moving.
      refunds.filter((one) => one.status === 'succeeded' && one.balance_transaction !== null),
      (refund) => String(refund.payment_intent),
      (refund) => refund.amount,
    ),
  };
}

interface ProviderQuestion {
  name: string;
  holds: string;
  looked: (sides: Sides) => number;
  find: (sides: Sides) => Finding[];
}

export const providerQuestions: readonly ProviderQuestion[] = [
  {
    name: 'provider.once',
    holds: 'an order has one succeeded intent at most that was not given back whole',
    looked: ({ succeeded }) => succeeded.length,
    find: ({ succeeded, back }) => {
      const byOrder = new Map<string, Stripe.PaymentIntent[]>();
      for (const one of succeeded) {
        if ((back.get(one.id) ?? 0) >= one.amount_received) continue;
        const orderId = orderOf(one) ?? '';
        byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), one]);
      }
      return [...byOrder]
        .filter(([, intents]) => intents.length > 1)
        .map(([orderId, intents]) => ({
          row: { orderId, intents: intents.map(({ id }) => id) },
          moved: intents.map(createdAt),
        }));
    },
  },
  {
    name: 'provider.noted',
    holds: 'a succeeded intent is a payment of its order that took as much',
    looked: ({ succeeded }) => succeeded.length,
    find: ({ succeeded, payment }) =>
      succeeded.flatMap((intent) => {
        const noted = payment.get(intent.id);
        if (noted?.taken === intent.amount_received && noted.orderId === orderOf(intent)) return [];
        const { id, amount_received } = intent;
        const row = {
          intent: id,
          amount_received,
          orderId: orderOf(intent),
          noted: noted?.taken,
          notedFor: noted?.orderId,
        };
        return [{ row, moved: [createdAt(intent), noted?.movedAt] }];
      }),
  },
  {
    name: 'provider.taken',
    holds: 'a payment that took money has a succeeded intent',
    looked: ({ payments }) => payments.filter(({ taken }) => taken > 0).length,
    find: ({ payments, intent }) =>
      payments.flatMap(({ movedAt, ...payment }) => {
        const status = intent.get(payment.intentId)?.status;
        if (payment.taken === 0 || status === 'succeeded') return [];
        return [{ row: { ...payment, provider: status }, moved: [movedAt] }];
      }),
  },
  {
    name: 'provider.open',
    holds: 'an intent that may still take money holds its order',
    looked: ({ intents }) => intents.length,
    find: ({ intents, payment }) =>
      intents
        .filter(
          ({ id, status }) => status !== 'succeeded' && status !== 'canceled' && !payment.get(id)?.holds,
        )
        .map((intent) => ({
          row: { intent: intent.id, status: intent.status, orderId: orderOf(intent) },
          moved: [createdAt(intent), payment.get(intent.id)?.movedAt],
        })),
  },
  {
    name: 'provider.refunded',
    holds: 'what was given back is what the provider gave back',
    looked: ({ payments }) => payments.length,
    find: ({ payments, back }) =>
      payments.flatMap(({ movedAt, ...payment }) => {
        const provider = back.get(payment.intentId) ?? 0;
        return provider === payment.refunded ? [] : [{ row: { ...payment, provider }, moved: [movedAt] }];
      }),
  },
];

/** Asks both sides, the provider as it is now: what moved after `at` on either is work in flight. */
export async function askStripe(client: pg.Client, stripe: Stripe, { at, rows }: Asking): Promise<Answer[]> {
  const began = performance.now();
  const sides = await bothSides(client, stripe);
  const ms = Math.round(performance.now() - began);
  return providerQuestions.map(({ name, holds, looked, find }, i) => {
    const found = find(sides);
    const late = found.filter(({ moved }) => moved.every((one) => one === undefined || one <= at));
    return {
      ...{
        name,
        holds,
        looked: looked(sides),
        violations: late.length,
        inFlight: found.length - late.length,
      },
      ...{ rows: late.slice(0, rows).map(({ row }) => row), ms: i === 0 ? ms : 0 },
    };
  });
}

/** Stripe, or what speaks as it does, as the environment says; throws UsageError. */
export function openStripe(env: Record<string, string | undefined>): Stripe {
  const key = env['STRIPE_SECRET_KEY'];
  if (!key)
    throw new UsageError(
      '--provider needs STRIPE_SECRET_KEY; for the built-in sandbox (npm start with STRIPE_SANDBOX_PORT=4010): ' +
        'STRIPE_SECRET_KEY=sk_test_hanse STRIPE_API_BASE=http://127.0.0.1:4010',
    );
  const base = env['STRIPE_API_BASE'];
  if (!base) return new Stripe(key);
  if (!URL.canParse(base)) throw new UsageError(`STRIPE_API_BASE is no URL: ${base}.`);
  const { hostname, port, protocol } = new URL(base);
  const secure = protocol === 'https:';
  return new Stripe(key, {
    host: hostname,
    port: port || (secure ? '443' : '80'),
    protocol: secure ? 'https' : 'http',
  });
}
