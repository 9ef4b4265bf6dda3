import { money, type Money } from '../../shared/money.js';
import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import type { PaymentStatus } from '../payment/rules.js';
import type { BookedRefund, Refund, RefundStatus } from './rules.js';

type Row = Prisma.RefundGetPayload<object>;

const refundOf = (row: Row): Refund => ({
  id: row.id,
  paymentId: row.paymentId,
  orderId: row.orderId,
  amount: money(row.amount, row.currencyCode),
  status: row.status as RefundStatus,
  version: row.version,
  reason: row.reason,
  providerRefundId: row.providerRefundId,
  failureCode: row.failureCode,
  createdAt: row.createdAt,
});

export async function findRefund(db: Db, id: string): Promise<Refund | null> {
  const row = await db.refund.findUnique({ where: { id } });
  return row && refundOf(row);
}

export async function findRefundIdOfProvider(db: Db, providerRefundId: string): Promise<string | null> {
  const row = await db.refund.findUnique({ where: { providerRefundId }, select: { id: true } });
  return row?.id ?? null;
}

export interface BookedQuery {
  providerRefundIds: readonly string[];
  ids: readonly string[];
  from: Date;
  until: Date;
}

/** Refunds with these ids at the provider, those with these of ours, and those of the stretch that the provider has made. */
export async function findBookedRefunds(
  db: Db,
  { providerRefundIds, ids, from, until }: BookedQuery,
): Promise<BookedRefund[]> {
  const rows = await db.$queryRaw<
    (Omit<BookedRefund, 'amount'> & { minorUnits: bigint; currencyCode: string })[]
  >`
    SELECT id, payment_id AS "paymentId", order_id AS "orderId", status, provider_refund_id AS "providerRefundId",
           created_at AS "createdAt", updated_at AS "updatedAt", amount AS "minorUnits", currency_code AS "currencyCode"
    FROM refund
    WHERE provider_refund_id = ANY(${[...providerRefundIds]}::text[]) OR id = ANY(${[...ids]}::uuid[])
       OR (created_at >= ${from}::timestamptz AND created_at < ${until}::timestamptz AND provider_refund_id IS NOT NULL)`;
  return rows.map(({ minorUnits, currencyCode, ...row }) => ({
    ...row,
    amount: money(minorUnits, currencyCode),
  }));
}

/** What was given back, by the provider's id of the refund. */
export async function findAmounts(db: Db, providerRefundIds: readonly string[]): Promise<Map<string, Money>> {
  const rows = await db.refund.findMany({ where: { providerRefundId: { in: [...providerRefundIds] } } });
  return new Map(rows.map((row) => [row.providerRefundId ?? '', money(row.amount, row.currencyCode)]));
}

/** The oldest first; no payment has more than 100. */
export async function findRefundsOfPayments(db: Db, paymentIds: readonly string[]): Promise<Refund[]> {
  const rows = await db.refund.findMany({
    where: { paymentId: { in: [...paymentIds] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(refundOf);
}

interface Note {
  id: string;
  correlationId: string;
  at: Date;
}

/**
 * Writes the refund and takes its amount from what the payment has left, in one statement. `isNew` is false where the id is
 * there already (nothing was written); `fits` is false where less is left or there are too many: roll back.
 */
export async function insertRefund(
  db: Db,
  refund: Refund,
  most: number,
  note: Note,
): Promise<{ isNew: boolean; fits: boolean }> {
  const rows = await db.$queryRaw<{ isNew: boolean; fits: boolean }[]>`
    WITH created AS (
      INSERT INTO refund (id, payment_id, order_id, amount, currency_code, status, version, reason, created_at, updated_at)
      VALUES (${refund.id}::uuid, ${refund.paymentId}::uuid, ${refund.orderId}::uuid, ${refund.amount.amount}::bigint,
              ${refund.amount.currencyCode}, ${refund.status}, ${refund.version}::int, ${refund.reason},
              ${note.at}::timestamptz, ${note.at}::timestamptz)
      ON CONFLICT DO NOTHING
      RETURNING payment_id, amount
    ), taken AS (
      UPDATE payment p SET refund_requested_amount = p.refund_requested_amount + c.amount, version = p.version + 1,
        updated_at = ${note.at}::timestamptz
      FROM created c
      WHERE p.id = c.payment_id AND p.captured_amount - p.refund_requested_amount >= c.amount
        AND (SELECT count(*) FROM refund r WHERE r.payment_id = c.payment_id) < ${most}::int
      RETURNING p.id, p.status
    ), noted AS (
      INSERT INTO payment_attempt (id, payment_id, action, status, provider_reference, correlation_id, occurred_at)
      SELECT ${note.id}::uuid, id, 'REFUND_REQUESTED', status, NULL, ${note.correlationId}, ${note.at}::timestamptz
      FROM taken
    )
    SELECT EXISTS (SELECT 1 FROM created) AS "isNew", EXISTS (SELECT 1 FROM taken) AS fits`;
  return rows[0] ?? { isNew: false, fits: false };
}

export interface RefundChange {
  status: RefundStatus;
  providerRefundId: string | null;
  failureCode: string | null;
}

/**
 * Writes the refund's new state, and the payment's sums and status with it, if the refund still is as `refund` says: what
 * has succeeded counts as given back, what has failed can be refunded anew. The payment's status then, or null.
 */
export async function updateRefund(
  db: Db,
  refund: Refund,
  change: RefundChange,
  note: Note,
): Promise<PaymentStatus | null> {
  const { amount } = refund.amount;
  const given = change.status === 'SUCCEEDED' ? amount : refund.status === 'SUCCEEDED' ? -amount : 0n;
  const gained = refund.status === change.status ? 0n : given;
  const released = change.status === 'FAILED' && refund.status !== 'FAILED' ? amount : 0n;
  const rows = await db.$queryRaw<{ status: PaymentStatus }[]>`
    WITH updated AS (
      UPDATE refund SET status = ${change.status}, provider_refund_id = ${change.providerRefundId},
        failure_code = ${change.failureCode}, version = version + 1, updated_at = ${note.at}::timestamptz
      WHERE id = ${refund.id}::uuid AND version = ${refund.version}::int AND status = ${refund.status}
      RETURNING payment_id
    ), summed AS (
      UPDATE payment p SET
        refunded_amount = p.refunded_amount + ${gained}::bigint,
        refund_requested_amount = p.refund_requested_amount - ${released}::bigint,
        status = CASE WHEN p.refunded_amount + ${gained}::bigint = 0 THEN 'SUCCEEDED'
                      WHEN p.refunded_amount + ${gained}::bigint < p.captured_amount THEN 'PARTIALLY_REFUNDED'
                      ELSE 'REFUNDED' END,
        version = p.version + 1, updated_at = ${note.at}::timestamptz
      FROM updated u WHERE p.id = u.payment_id
      RETURNING p.id, p.status
    ), noted AS (
      INSERT INTO payment_attempt (id, payment_id, action, status, code, provider_reference, correlation_id, occurred_at)
      SELECT ${note.id}::uuid, id, 'REFUND_UPDATED', status, ${change.failureCode}, ${change.providerRefundId},
             ${note.correlationId}, ${note.at}::timestamptz
      FROM summed
    )
    SELECT status FROM summed`;
  return rows[0]?.status ?? null;
}
