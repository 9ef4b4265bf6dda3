import type { Db } from '../context.js';

/** What staff ask for a customer with words of that customer in it: a hash of it stands under the key of the staff's. */
const withTheirWords = ['placeOrderFor', 'addOrderNote'];

/** Deletes staff's keys for what they did for the customer: their orders', and those of orders that were refused. */
export async function forgetKeysAbout(db: Db, customerId: string): Promise<void> {
  await db.$executeRaw`
    DELETE FROM idempotency_key
    WHERE operation = ANY(${withTheirWords}::text[])
      AND (outcome->>'customerId' = ${customerId}
        OR outcome->>'orderId' IN (SELECT id::text FROM orders WHERE customer_id = ${customerId}::uuid))`;
}
