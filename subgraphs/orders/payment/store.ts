import type { Db } from '../context.js';

/** Those of the payments of which orders knows that they have succeeded. */
export async function findSucceeded(db: Db, paymentIds: readonly string[]): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ payment_id: string }[]>`
    SELECT payment_id FROM order_payment WHERE payment_id = ANY(${[...paymentIds]}::uuid[]) AND status = 'SUCCEEDED'`;
  return new Set(rows.map((row) => row.payment_id));
}

/**
 * Those of the orders for which a payment was asked: the key of `payOrder` is claimed before the payment begins. A refused
 * one began none.
 */
export async function findOrdersWithAttempts(db: Db, orderIds: readonly string[]): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ order_id: string }[]>`
    SELECT DISTINCT outcome->>'orderId' AS order_id FROM idempotency_key
    WHERE operation = 'payOrder' AND outcome->>'orderId' = ANY(${[...orderIds]}::text[]) AND outcome->'refused' IS NULL`;
  return new Set(rows.map((row) => row.order_id));
}
