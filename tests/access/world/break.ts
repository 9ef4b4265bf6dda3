/** Money that was taken past the shop, so that the reconciler has something to tell. */
import { withClient } from '../../../tools/prisma-engine/engine.js';
import { openStripe } from '../../../tools/verify/provider.js';
import type { Client } from '../../testkit/client.js';
import type { TestShop } from '../../testkit/shop.js';
import { eventually } from '../../testkit/eventually.js';

/** Pays an order's money past the shop, and waits until staff are told of it. */
export async function createBreak(shop: TestShop, staff: Client, orderId: string): Promise<void> {
  const { secretKey, apiBase } = shop.parts.config.stripe;
  await openStripe({ STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: apiBase }).paymentIntents.create({
    ...{ amount: 1_000, currency: 'eur', confirm: true, payment_method: 'pm_card_visa' },
    metadata: { order_id: orderId },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  await withClient(shop.parts.databaseUrl('payments'), (client) =>
    eventually(async () => {
      // Lets the reconciler come at once; again, since it puts off its next run when it ends one.
      await client.query(`UPDATE payments.inbox SET run_at = now() WHERE consumer = 'reconciliation'`);
      const { reconciliationBreaks } = await staff.data<{ reconciliationBreaks: { nodes: unknown[] } }>(
        '{ reconciliationBreaks(status: OPEN) { nodes { id } } }',
      );
      return reconciliationBreaks.nodes.length > 0;
    }),
  );
}
