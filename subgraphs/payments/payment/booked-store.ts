/** What payments have booked, to be compared with the provider's books. */
import { money, type Money } from '../../shared/money.js';
import type { Db } from '../context.js';
import type { BookedPayment } from './rules.js';

interface Amounts {
  capturedAmount: bigint;
  currencyCode: string;
  feeAmount: bigint | null;
  feeCurrencyCode: string | null;
}

const takenOf = ({ capturedAmount, currencyCode, feeAmount, feeCurrencyCode }: Amounts) => ({
  captured: money(capturedAmount, currencyCode),
  fee: feeAmount !== null && feeCurrencyCode ? money(feeAmount, feeCurrencyCode) : null,
});

export interface BookedQuery {
  intentIds: readonly string[];
  ids: readonly string[];
  from: Date;
  until: Date;
}

/** Payments with these intents, those with these ids, and those that began in the stretch and have an intent. */
export async function findBookedPayments(
  db: Db,
  { intentIds, ids, from, until }: BookedQuery,
): Promise<BookedPayment[]> {
  const rows = await db.$queryRaw<(Omit<BookedPayment, 'captured' | 'fee'> & Amounts)[]>`
    SELECT id, order_id AS "orderId", status, provider_intent_id AS "providerIntentId", created_at AS "createdAt", updated_at AS "updatedAt",
           captured_amount AS "capturedAmount", currency_code AS "currencyCode", fee_amount AS "feeAmount",
           fee_currency_code AS "feeCurrencyCode"
    FROM payment
    WHERE provider_intent_id = ANY(${[...intentIds]}::text[]) OR id = ANY(${[...ids]}::uuid[])
       OR (created_at >= ${from}::timestamptz AND created_at < ${until}::timestamptz AND provider_intent_id IS NOT NULL)`;
  return rows.map(({ capturedAmount, currencyCode, feeAmount, feeCurrencyCode, ...row }) => ({
    ...row,
    ...takenOf({ capturedAmount, currencyCode, feeAmount, feeCurrencyCode }),
  }));
}

/** What was taken and what the provider kept of it, by the provider's id of the charge. */
export async function findCharges(
  db: Db,
  chargeIds: readonly string[],
): Promise<Map<string, { captured: Money; fee: Money | null }>> {
  const rows = await db.payment.findMany({ where: { providerChargeId: { in: [...chargeIds] } } });
  return new Map(rows.map((row) => [row.providerChargeId ?? '', takenOf(row)]));
}
