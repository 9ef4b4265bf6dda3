/** A dispute of the victim's payment, with everything that one can have. */
import pg from 'pg';
import type { TestShop } from '../../testkit/shop.js';

export async function createDispute({ parts }: TestShop, paymentId: string): Promise<void> {
  const client = new pg.Client({ connectionString: parts.databaseUrl('payments') });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO payments.dispute (id, provider_dispute_id, payment_id, order_id, amount, currency_code, status, version,
         reason, respond_by, withdrawn_amount, withdrawn_currency_code, fee_amount, opened_at, closed_at, updated_at)
       SELECT gen_random_uuid(), 'du_access', id, order_id, 100, currency_code, 'LOST', 1,
         'fraudulent', now(), 100, currency_code, 1500, now(), now(), now()
       FROM payments.payment WHERE id = $1`,
      [paymentId],
    );
  } finally {
    await client.end();
  }
}
