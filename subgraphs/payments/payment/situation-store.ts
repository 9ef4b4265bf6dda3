/** What must be known of a customer, an order and a method before a payment begins. */
import type { Db } from '../context.js';
import type { DisputeStatus } from '../dispute/rules.js';
import { Prisma } from '../prisma.generated/client.js';
import type { CustomerHistory } from '../risk/rules.js';
import { counting, dayBefore, declined, velocities, type VelocityRow } from '../risk/velocity.js';
import { listedUnder, listsOfCards } from '../risk-list/matching.js';
import { listKeyOf, type Listed, type RiskList } from '../risk-list/rules.js';

export interface Situation extends CustomerHistory {
  /** Payments that the order has already. */
  paymentsOfOrder: number;
  providerCustomerId: string | null;
  /** The saved method that was named, by our id or the provider's, and whose card it is. */
  savedMethod: { id: string; cardKey: string | null; cardCountry: string | null } | null;
  velocity: VelocityRow;
  /** Entries of the lists that the attempt meets, those of a saved card with them. */
  listed: Listed[];
  listsOfCards: RiskList[];
}

export interface SituationQuery {
  orderId: string;
  attemptKey: string;
  customerId: string;
  currencyCode: string;
  paymentMethodId: string;
  /** What the attempt is counted under (risk/velocity.ts), beside the saved method's card; null: it is not counted. */
  subjects: readonly string[] | null;
  /** Under what it may be on a list (risk-list/rules.ts), beside that card. */
  listKeys: readonly string[];
  now: Date;
}

/** Of a customer who pays a thousand times a week no more is looked at. */
const mostRemembered = 500;

/** States of a dispute in which the money is gone, or may be. */
const takenBack: DisputeStatus[] = ['NEEDS_RESPONSE', 'UNDER_REVIEW', 'LOST'];

/** What must be known before a payment can begin; counts the attempt. One statement. */
export async function findSituation(db: Db, query: SituationQuery): Promise<Situation> {
  const { orderId, attemptKey, customerId, paymentMethodId, subjects, listKeys, now } = query;
  const day = dayBefore(now);
  const counted = counting(
    Prisma.sql`
      SELECT unnest(${[...(subjects ?? [])]}::text[]) AS subject
      UNION SELECT 'card:' || card_key FROM method WHERE card_key IS NOT NULL AND ${subjects !== null}::boolean`,
    { orderId, attemptKey, at: now },
  );
  const keys = Prisma.sql`${[...listKeys]}::text[] || ARRAY(SELECT ${listKeyOf('CARD', '')} || card_key FROM method)`;
  const rows = await db.$queryRaw<Situation[]>`
    WITH method AS (
      SELECT provider_method_id, card_key, card_country FROM payment_method m
      WHERE m.customer_id = ${customerId}::uuid AND ${paymentMethodId} IN (m.id::text, m.provider_method_id)
    ), ${counted}
    SELECT
      count(*) FILTER (WHERE own AND created_at > ${day}::timestamptz AND ${declined})::int AS "failedInDay",
      (count(DISTINCT order_id) FILTER (WHERE own AND created_at > ${day}::timestamptz)
        - count(DISTINCT order_id) FILTER (WHERE own AND created_at > ${day}::timestamptz AND captured_amount > 0)
        )::int AS "unpaidOrdersInDay",
      count(DISTINCT order_id) FILTER (WHERE kept > 0)::int AS "paidOrders",
      max(kept) FILTER (WHERE kept > 0 AND same_currency) AS "largestPaid",
      CASE WHEN count(*) FILTER (WHERE kept > 0 AND same_currency) >= 3
        THEN percentile_disc(0.5) WITHIN GROUP (ORDER BY kept)
               FILTER (WHERE kept > 0 AND same_currency) END AS "medianPaid",
      (SELECT count(*)::int FROM payment o WHERE o.order_id = ${orderId}::uuid) AS "paymentsOfOrder",
      (SELECT provider_customer_id FROM provider_customer c WHERE c.customer_id = ${customerId}::uuid)
        AS "providerCustomerId",
      (SELECT jsonb_build_object('id', provider_method_id, 'cardKey', card_key, 'cardCountry', card_country)
         FROM method) AS "savedMethod",
      ${velocities(now)} AS velocity, ${listedUnder(keys, now)} AS listed, ${listsOfCards(now)} AS "listsOfCards"
    FROM (
      SELECT *, initiated_by IS NULL AS own, currency_code = ${query.currencyCode} AS same_currency,
        CASE WHEN captured_amount > refund_requested_amount AND order_id <> ${orderId}::uuid THEN
          CASE WHEN NOT EXISTS (SELECT FROM dispute d WHERE d.payment_id = y.id AND d.status = ANY(${takenBack}::text[]))
            THEN captured_amount - refund_requested_amount END END AS kept
      FROM payment y WHERE customer_id = ${customerId}::uuid
      ORDER BY created_at DESC LIMIT ${mostRemembered}::int
    ) p`;
  const [row] = rows;
  if (!row) throw new Error('An aggregate has one row.');
  return row;
}
