import type { Db } from '../context.js';

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
