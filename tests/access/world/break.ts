/** Money that was taken past the shop, so that the reconciler has something to tell. */
import pg from 'pg';
import { openStripe } from '../../../tools/verify/provider.js';
import type { Client } from '../../testkit/client.js';
import type { TestShop } from '../../testkit/shop.js';
import { pause } from './pause.js';

/** Lets the reconciler come at once. */
async function reconcileNow({ parts }: TestShop): Promise<void> {
  const client = new pg.Client({ connectionString: parts.databaseUrl('payments') });
  await client.connect();
  try {
    await client.query(`UPDATE payments.inbox SET run_at = now() WHERE consumer = 'reconciliation'`);
  } finally {
    await client.end();
  }
}

/** Pays an order's money past the shop, and waits until staff are told of it. */
export async function createBreak(shop: TestShop, staff: Client, orderId: string): Promise<void> {
  const { secretKey, apiBase } = shop.parts.config.stripe;
  await openStripe({ STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: apiBase }).paymentIntents.create({
    ...{ amount: 1_000, currency: 'eur', confirm: true, payment_method: 'pm_card_visa' },
    metadata: { order_id: orderId },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  await reconcileNow(shop);
  for (let i = 0; i < 300; i += 1) {
    const { reconciliationBreaks } = await staff.data<{ reconciliationBreaks: { nodes: unknown[] } }>(
      '{ reconciliationBreaks(status: OPEN) { nodes { id } } }',
    );
    if (reconciliationBreaks.nodes.length > 0) return;
    await pause(100);
  }
  throw new Error('The break was not found within 30 s.');
}
