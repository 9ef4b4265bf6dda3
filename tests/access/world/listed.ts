import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { mutate } from '../../testkit/goods.js';
import type { Client } from '../../testkit/client.js';
import type { TestShop } from '../../testkit/shop.js';

/** The payment's card stands on a list of risk, and that is noted as a reason of what was decided on it. */
export async function createListed({ parts }: TestShop, staff: Client, paymentId: string): Promise<void> {
  const { entries } = await mutate<{ entries: { id: string }[] }>(
    staff,
    'addRiskListEntries',
    {
      ...{ idempotencyKey: randomUUID(), list: 'ALLOW', reason: 'A known buyer' },
      ...{
        subjects: [{ cardOfPaymentId: paymentId }],
        endsAt: new Date(Date.now() + 86_400_000).toISOString(),
      },
    },
    'entries { id }',
  );
  const reason = { code: 'ALLOWED_CARD', message: 'Listed.', weight: 0, listEntryId: entries[0]?.id };
  const client = new pg.Client({ connectionString: parts.databaseUrl('payments') });
  await client.connect();
  try {
    await client.query(
      `UPDATE payments.risk_assessment SET reasons = reasons || $2::jsonb WHERE payment_id = $1`,
      [paymentId, JSON.stringify([reason])],
    );
  } finally {
    await client.end();
  }
}
