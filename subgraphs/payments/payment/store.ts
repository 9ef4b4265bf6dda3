import type { Fragment } from '../../shared/events/consequences.js';
import { money } from '../../shared/money.js';
import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import type { CaptureMethod, MethodType } from '../provider/provider.js';
import type { ComplianceCheck } from '../compliance/rules.js';
import type { RiskAssessment } from '../risk/rules.js';
import type { Payment, PaymentChange, PaymentStatus } from './rules.js';

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
