/** The ledger's questions to both sides, shop and payment provider: what the one took is what the other notes. */
import type pg from 'pg';
import type Stripe from 'stripe';
import type { Violation } from './ledger.js';

interface NotedPayment {
  orderId: string;
  intentId: string;
  /** Minor units, as the three below. */
  taken: number;
  refunded: number;
  holds: boolean;
}

interface PaidOrder {
  orderId: string;
  paid: number;
  refunded: number;
}

const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);

async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

/** Asks both sides; empty: they agree. */
export async function askProvider(client: pg.Client, stripe: Stripe): Promise<Violation[]> {
  const intents = await allOf(stripe.paymentIntents.list({ limit: 100 }));
  const refunds = await allOf(stripe.refunds.list({ limit: 100 }));
  const { rows: payments } = await client.query<NotedPayment>(`
    SELECT order_id AS "orderId", provider_intent_id AS "intentId", captured_amount::float AS taken,
      refunded_amount::float AS refunded, holds_order AS holds
    FROM payments.payment WHERE provider_intent_id IS NOT NULL`);
  const { rows: orders } = await client.query<PaidOrder>(`
    SELECT id AS "orderId", paid_amount::float AS paid, refunded_amount::float AS refunded
    FROM orders.orders WHERE paid_amount > 0`);
  const succeeded = intents.filter((intent) => intent.status === 'succeeded');
  const backOf = (intentId: string): number =>
    sumOf(
      refunds
        .filter((refund) => refund.payment_intent === intentId && refund.status === 'succeeded')
        .map((refund) => refund.amount),
    );
  const noted = new Map(payments.map((payment) => [payment.intentId, payment]));
  const known = new Map(intents.map((intent) => [intent.id, intent]));

  const found: Record<string, Record<string, unknown>[]> = {
    'an order has one succeeded intent at most': [
      ...new Set(succeeded.map((one) => one.metadata['order_id'])),
    ]
      .map((orderId) => ({
        orderId,
        intents: succeeded.filter((one) => one.metadata['order_id'] === orderId).map((one) => one.id),
      }))
      .filter((one) => one.intents.length > 1),
    'a succeeded intent is a payment of its order that took as much': succeeded
      .filter(({ id, amount_received, metadata }) => {
        const payment = noted.get(id);
        return payment?.taken !== amount_received || payment.orderId !== metadata['order_id'];
      })
      .map(({ id, amount_received, metadata }) => ({
        intent: id,
        amount_received,
        noted: noted.get(id),
        metadata,
      })),
    'a payment that took money has a succeeded intent': payments
      .filter(({ intentId, taken }) => taken > 0 && known.get(intentId)?.status !== 'succeeded')
      .map((payment) => ({ ...payment, intent: known.get(payment.intentId)?.status })),
    'an intent that may still take money holds its order': intents
      .filter(({ id, status }) => status !== 'succeeded' && status !== 'canceled' && !noted.get(id)?.holds)
      .map(({ id, status, metadata }) => ({ intent: id, status, metadata })),
    'what was given back is what the provider gave back': payments
      .filter(({ intentId, refunded }) => backOf(intentId) !== refunded)
      .map((payment) => ({ ...payment, provider: backOf(payment.intentId) })),
    'all orders together were paid what all intents took': [
      {
        orders: sumOf(orders.map((order) => order.paid)),
        intents: sumOf(succeeded.map((intent) => intent.amount_received)),
      },
    ].filter((sums) => sums.orders !== sums.intents),
  };
  return Object.entries(found)
    .filter(([, rows]) => rows.length > 0)
    .map(([question, rows]) => ({ question, rows }));
}
