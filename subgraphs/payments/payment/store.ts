import type { Fragment } from '../../shared/events/consequences.js';
import { money, type Money } from '../../shared/money.js';
import type { Db } from '../context.js';
import { Prisma } from '../prisma.generated/client.js';
import type { CaptureMethod, MethodType } from '../provider/provider.js';
import type { DisputeStatus } from '../dispute/rules.js';
import type { ComplianceCheck, ComplianceFinding } from '../compliance/rules.js';
import type { CustomerHistory, RiskAssessment, RiskDecision, RiskLevel, RiskReason } from '../risk/rules.js';
import { counting, dayBefore, declined, velocities, type VelocityRow } from '../risk/velocity.js';
import { listedUnder, listsOfCards } from '../risk-list/matching.js';
import { listKeyOf, type Listed, type RiskList } from '../risk-list/rules.js';
import type { BookedPayment, Payment, PaymentAttempt, PaymentChange, PaymentStatus } from './rules.js';

type Row = Prisma.PaymentGetPayload<object>;

const paymentOf = (row: Row): Payment => ({
  id: row.id,
  orderId: row.orderId,
  customerId: row.customerId,
  initiatedBy: row.initiatedBy,
  attemptKey: row.attemptKey,
  amount: money(row.amount, row.currencyCode),
  status: row.status as PaymentStatus,
  version: row.version,
  holdsOrder: row.holdsOrder,
  providerMethodId: row.providerMethodId,
  providerCustomerId: row.providerCustomerId,
  returnUrl: row.returnUrl,
  strongAuthentication: row.strongAuthentication,
  deadline: row.deadline,
  calledAt: row.calledAt,
  cancelRequestedAt: row.cancelRequestedAt,
  captureMethod: row.captureMethod as CaptureMethod,
  authorizedUntil: row.authorizedUntil,
  capture:
    row.captureId && row.captureAmount !== null && row.captureRequestedAt
      ? { id: row.captureId, amount: row.captureAmount, requestedAt: row.captureRequestedAt }
      : null,
  providerIntentId: row.providerIntentId,
  providerChargeId: row.providerChargeId,
  method: row.methodType
    ? { type: row.methodType as MethodType, brand: row.methodBrand, sealed: row.methodSealed }
    : null,
  fee: row.feeAmount !== null && row.feeCurrencyCode ? money(row.feeAmount, row.feeCurrencyCode) : null,
  failureCode: row.failureCode,
  failureMessage: row.failureMessage,
  capturedAmount: row.capturedAmount,
  refundRequestedAmount: row.refundRequestedAmount,
  refundedAmount: row.refundedAmount,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

export async function findPayments(db: Db, ids: readonly string[]): Promise<Payment[]> {
  const rows = await db.payment.findMany({ where: { id: { in: [...ids] } } });
  return rows.map(paymentOf);
}

/** The oldest first. */
export async function findPaymentsOfOrders(db: Db, orderIds: readonly string[]): Promise<Payment[]> {
  const rows = await db.payment.findMany({
    where: { orderId: { in: [...orderIds] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(paymentOf);
}

export async function findPaymentOfIntent(db: Db, providerIntentId: string): Promise<Payment | null> {
  const row = await db.payment.findUnique({ where: { providerIntentId } });
  return row && paymentOf(row);
}

/** Whose card each payment was made with: a keyed hash, null where none is known. */
export async function findCards(
  db: Db,
  paymentIds: readonly string[],
): Promise<{ id: string; customerId: string; cardKey: string | null }[]> {
  return db.payment.findMany({
    where: { id: { in: [...paymentIds] } },
    select: { id: true, customerId: true, cardKey: true },
  });
}

/** Whether the intent's payment has its money and its fee: a look at the index, since most webhooks ask just this. */
export async function isIntentSettled(db: Db, providerIntentId: string): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM payment WHERE provider_intent_id = ${providerIntentId} AND captured_amount > 0 AND fee_amount IS NOT NULL`;
  return rows.length > 0;
}

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
  const rows = await db.$queryRaw<
    (Omit<BookedPayment, 'captured' | 'fee'> & {
      capturedAmount: bigint;
      currencyCode: string;
      feeAmount: bigint | null;
      feeCurrencyCode: string | null;
    })[]
  >`
    SELECT id, order_id AS "orderId", status, provider_intent_id AS "providerIntentId", created_at AS "createdAt", updated_at AS "updatedAt",
           captured_amount AS "capturedAmount", currency_code AS "currencyCode", fee_amount AS "feeAmount",
           fee_currency_code AS "feeCurrencyCode"
    FROM payment
    WHERE provider_intent_id = ANY(${[...intentIds]}::text[]) OR id = ANY(${[...ids]}::uuid[])
       OR (created_at >= ${from}::timestamptz AND created_at < ${until}::timestamptz AND provider_intent_id IS NOT NULL)`;
  return rows.map(({ capturedAmount, currencyCode, feeAmount, feeCurrencyCode, ...row }) => ({
    ...row,
    captured: money(capturedAmount, currencyCode),
    fee: feeAmount !== null && feeCurrencyCode ? money(feeAmount, feeCurrencyCode) : null,
  }));
}

/** What was taken and what the provider kept of it, by the provider's id of the charge. */
export async function findCharges(
  db: Db,
  chargeIds: readonly string[],
): Promise<Map<string, { captured: Money; fee: Money | null }>> {
  const rows = await db.payment.findMany({ where: { providerChargeId: { in: [...chargeIds] } } });
  return new Map(
    rows
      .map(paymentOf)
      .map(({ providerChargeId, capturedAmount, amount, fee }) => [
        providerChargeId ?? '',
        { captured: money(capturedAmount, amount.currencyCode), fee },
      ]),
  );
}

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

/** What is written to a payment's history beside the change itself. */
export interface Note {
  id: string;
  action: string;
  code: string | null;
  providerReference: string | null;
  correlationId: string;
  at: Date;
  /** What may be kept of the provider's answer. */
  answer: Readonly<Record<string, string>> | null;
}

export interface NewPayment {
  payment: Payment;
  risk: RiskAssessment;
  compliance: ComplianceCheck;
  note: Note;
}

/** False, and nothing written, where the attempt exists or another payment holds the order. One statement, with what follows. */
export async function insertPayment(
  db: Db,
  { payment, risk, compliance, note }: NewPayment,
  follows: Fragment,
): Promise<boolean> {
  const inserted = await db.$executeRaw`
    WITH saved AS (
      INSERT INTO payment (id, order_id, customer_id, initiated_by, attempt_key, amount, currency_code, status, version, holds_order,
                           provider_method_id, provider_customer_id, return_url, strong_authentication, deadline,
                           capture_method, called_at, failure_code, failure_message, created_at, updated_at)
      VALUES (${payment.id}::uuid, ${payment.orderId}::uuid, ${payment.customerId}::uuid, ${payment.initiatedBy}::uuid,
              ${payment.attemptKey}, ${payment.amount.amount}::bigint, ${payment.amount.currencyCode}, ${payment.status}, ${payment.version}::int,
              ${payment.holdsOrder}::boolean, ${payment.providerMethodId}, ${payment.providerCustomerId},
              ${payment.returnUrl}, ${payment.strongAuthentication}::boolean, ${payment.deadline}::timestamptz,
              ${payment.captureMethod}, ${payment.calledAt}::timestamptz, ${payment.failureCode}, ${payment.failureMessage},
              ${payment.createdAt}::timestamptz, ${payment.updatedAt}::timestamptz)
      ON CONFLICT DO NOTHING
      RETURNING id
    ), assessed AS (
      INSERT INTO risk_assessment (payment_id, score, level, decision, reasons)
      SELECT id, ${risk.score}::float8, ${risk.level}, ${risk.decision}, ${JSON.stringify(risk.reasons)}::jsonb
      FROM saved
    ), checked AS (
      INSERT INTO compliance_check (payment_id, passed, reasons, findings)
      SELECT id, ${compliance.passed}::boolean, ${compliance.reasons}::text[],
             ${JSON.stringify(compliance.findings)}::jsonb
      FROM saved
    ) ${follows}
    INSERT INTO payment_attempt (id, payment_id, action, status, code, provider_reference, correlation_id, occurred_at)
    SELECT ${note.id}::uuid, id, ${note.action}, ${payment.status}, ${note.code}, ${note.providerReference},
           ${note.correlationId}, ${note.at}::timestamptz
    FROM saved`;
  return inserted > 0;
}

export interface NewMethod {
  type: MethodType;
  brand: string | null;
  sealed: Uint8Array<ArrayBuffer>;
  /** Whose card it is, for the risk rules; null: no card. */
  cardKey: string | null;
}

/**
 * Writes the change, its note and what follows, if the payment still is as `payment` says; false where it is not.
 * `unlessCalled`: nor where the provider has been asked for the intent since `payment` was read.
 */
export async function updatePayment(
  db: Db,
  payment: Payment,
  change: PaymentChange & { method: NewMethod | null },
  note: Note,
  follows: Fragment,
  { unlessCalled = false }: { unlessCalled?: boolean } = {},
): Promise<boolean> {
  const { method, fee } = change;
  const updated = await db.$executeRaw`
    WITH saved AS (
      UPDATE payment SET
        status = ${change.status}, holds_order = ${change.holdsOrder}::boolean, version = version + 1,
        provider_intent_id = ${change.providerIntentId}, provider_charge_id = ${change.providerChargeId},
        authorized_until = ${change.authorizedUntil}::timestamptz, captured_amount = ${change.capturedAmount}::bigint,
        fee_amount = ${fee?.amount ?? null}::bigint, fee_currency_code = ${fee?.currencyCode ?? null},
        failure_code = ${change.failureCode}, failure_message = ${change.failureMessage},
        method_type = coalesce(${method?.type ?? null}, method_type),
        method_brand = coalesce(${method?.brand ?? null}, method_brand),
        method_sealed = coalesce(${method?.sealed ?? null}::bytea, method_sealed),
        card_key = coalesce(${method?.cardKey ?? null}, card_key),
        updated_at = ${note.at}::timestamptz
      WHERE id = ${payment.id}::uuid AND version = ${payment.version}::int AND status = ${payment.status}
        AND (NOT ${unlessCalled}::boolean OR called_at IS NOT DISTINCT FROM ${payment.calledAt}::timestamptz)
      RETURNING id, status
    ) ${follows}
    INSERT INTO payment_attempt (id, payment_id, action, status, code, provider_reference, correlation_id, occurred_at,
                                 answer)
    SELECT ${note.id}::uuid, id, ${note.action}, status, ${note.code}, ${note.providerReference},
           ${note.correlationId}, ${note.at}::timestamptz, ${note.answer && JSON.stringify(note.answer)}::jsonb
    FROM saved`;
  return updated > 0;
}

/** Notes that the provider is about to be asked for the intent again; false where the payment has changed or was called off. The version stays: twins that ask with the same key get the same answer. */
export async function markCalled(db: Db, payment: Payment, now: Date): Promise<boolean> {
  const updated = await db.$executeRaw`
    UPDATE payment SET called_at = ${now}::timestamptz
    WHERE id = ${payment.id}::uuid AND version = ${payment.version}::int AND cancel_requested_at IS NULL
      AND provider_intent_id IS NULL`;
  return updated > 0;
}

/**
 * Notes what is to be taken of a payment that has set money aside, with what follows; false where it has not, or was called
 * off or is being taken already. The row decides: either what is set aside is taken, or it is given up.
 */
export async function requestCapture(
  db: Db,
  paymentId: string,
  capture: { id: string; amount: bigint },
  note: Note,
  follows: Fragment,
): Promise<boolean> {
  const updated = await db.$executeRaw`
    WITH saved AS (
      UPDATE payment SET capture_id = ${capture.id}::uuid, capture_amount = ${capture.amount}::bigint,
        capture_requested_at = ${note.at}::timestamptz, version = version + 1, updated_at = ${note.at}::timestamptz
      WHERE id = ${paymentId}::uuid AND status = 'AUTHORIZED' AND capture_id IS NULL AND cancel_requested_at IS NULL
      RETURNING id, status, provider_intent_id
    ) ${follows}
    INSERT INTO payment_attempt (id, payment_id, action, status, code, provider_reference, correlation_id, occurred_at)
    SELECT ${note.id}::uuid, id, ${note.action}, status, ${note.code}, provider_intent_id, ${note.correlationId},
           ${note.at}::timestamptz
    FROM saved`;
  return updated > 0;
}

/** Takes a capture back that the provider refused for good; false where the payment has changed. */
export async function dropCapture(db: Db, payment: Payment, note: Note): Promise<boolean> {
  const updated = await db.$executeRaw`
    WITH saved AS (
      UPDATE payment SET capture_id = NULL, capture_amount = NULL, capture_requested_at = NULL, version = version + 1,
        updated_at = ${note.at}::timestamptz
      WHERE id = ${payment.id}::uuid AND version = ${payment.version}::int AND status = ${payment.status}
      RETURNING id, status
    )
    INSERT INTO payment_attempt (id, payment_id, action, status, code, provider_reference, correlation_id, occurred_at)
    SELECT ${note.id}::uuid, id, ${note.action}, status, ${note.code}, ${note.providerReference}, ${note.correlationId},
           ${note.at}::timestamptz
    FROM saved`;
  return updated > 0;
}

/** Calls off what may still take the order's money; what is being taken, or was called off already, stays as it is. */
export async function requestCancel(db: Db, orderId: string, note: Note): Promise<void> {
  await db.$executeRaw`
    WITH updated AS (
      UPDATE payment SET cancel_requested_at = ${note.at}::timestamptz, version = version + 1, updated_at = ${note.at}::timestamptz
      WHERE order_id = ${orderId}::uuid AND holds_order AND captured_amount = 0 AND cancel_requested_at IS NULL
        AND capture_id IS NULL
      RETURNING id, status, provider_intent_id
    )
    INSERT INTO payment_attempt (id, payment_id, action, status, code, provider_reference, correlation_id, occurred_at)
    SELECT ${note.id}::uuid, id, ${note.action}, status, ${note.code}, provider_intent_id, ${note.correlationId},
           ${note.at}::timestamptz
    FROM updated`;
}

export async function findRisks(
  db: Db,
  paymentIds: readonly string[],
): Promise<(RiskAssessment & { paymentId: string })[]> {
  const rows = await db.riskAssessment.findMany({ where: { paymentId: { in: [...paymentIds] } } });
  return rows.map((row) => ({
    paymentId: row.paymentId,
    score: row.score,
    level: row.level as RiskLevel,
    decision: row.decision as RiskDecision,
    reasons: row.reasons as unknown as RiskReason[],
  }));
}

export async function findComplianceChecks(
  db: Db,
  paymentIds: readonly string[],
): Promise<(ComplianceCheck & { paymentId: string })[]> {
  const rows = await db.complianceCheck.findMany({ where: { paymentId: { in: [...paymentIds] } } });
  return rows.map((row) => ({ ...row, findings: row.findings as unknown as ComplianceFinding[] }));
}

/** The first 100 of each payment, the oldest first. */
export async function findAttempts(
  db: Db,
  paymentIds: readonly string[],
): Promise<(PaymentAttempt & { paymentId: string })[]> {
  const rows = await db.$queryRaw<
    (Omit<PaymentAttempt, 'answer'> & { paymentId: string; answer: Record<string, string> | null })[]
  >`
    SELECT a.id, a.payment_id AS "paymentId", a.action, a.status, a.code, a.provider_reference AS "providerReference",
           a.occurred_at AS "occurredAt", a.answer
    FROM unnest(${[...paymentIds]}::uuid[]) AS p(id)
    CROSS JOIN LATERAL (SELECT * FROM payment_attempt WHERE payment_id = p.id ORDER BY id LIMIT 100) a
    ORDER BY a.id`;
  return rows.map(({ answer, ...row }) => ({
    ...row,
    answer: Object.entries(answer ?? {}).map(([name, value]) => ({ name, value })),
  }));
}
