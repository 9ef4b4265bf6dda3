import type { Fragment } from '../../shared/events/consequences.js';
import { money, type Money } from '../../shared/money.js';
import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import type { Dispute, DisputeStatus } from './rules.js';

type Row = Prisma.DisputeGetPayload<object>;

const moneyOf = (amount: bigint | null, currencyCode: string | null): Money | null =>
  amount !== null && currencyCode !== null ? money(amount, currencyCode) : null;

const disputeOf = (row: Row): Dispute => ({
  id: row.id,
  providerDisputeId: row.providerDisputeId,
  paymentId: row.paymentId,
  orderId: row.orderId,
  amount: money(row.amount, row.currencyCode),
  status: row.status as DisputeStatus,
  version: row.version,
  reason: row.reason,
  respondBy: row.respondBy,
  withdrawn: moneyOf(row.withdrawnAmount, row.withdrawnCurrencyCode),
  fee: moneyOf(row.feeAmount, row.withdrawnCurrencyCode),
  openedAt: row.openedAt,
  closedAt: row.closedAt,
});

export async function findDispute(db: Db, id: string): Promise<Dispute | null> {
  const row = await db.dispute.findUnique({ where: { id } });
  return row && disputeOf(row);
}

export async function findDisputesOfProvider(
  db: Db,
  providerDisputeIds: readonly string[],
): Promise<Dispute[]> {
  const rows = await db.dispute.findMany({ where: { providerDisputeId: { in: [...providerDisputeIds] } } });
  return rows.map(disputeOf);
}

/** The oldest first. */
export async function findDisputesOfPayments(db: Db, paymentIds: readonly string[]): Promise<Dispute[]> {
  const rows = await db.dispute.findMany({
    where: { paymentId: { in: [...paymentIds] } },
    orderBy: { id: 'asc' },
  });
  return rows.map(disputeOf);
}

/** The newest first, of one status or of all; those before the dispute `after`. Ids are made in time's order. */
export async function findDisputes(
  db: Db,
  { status, after, limit }: { status: DisputeStatus | null; after: string | null; limit: number },
): Promise<Dispute[]> {
  const rows = await db.dispute.findMany({
    where: { ...(status === null ? {} : { status }), ...(after === null ? {} : { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: limit,
  });
  return rows.map(disputeOf);
}

/** False, and nothing written, where the dispute is known. One statement, with what follows. */
export async function insertDispute(db: Db, dispute: Dispute, at: Date, follows: Fragment): Promise<boolean> {
  const inserted = await db.$queryRaw<{ saved: number }[]>`
    WITH saved AS (
      INSERT INTO dispute (id, provider_dispute_id, payment_id, order_id, amount, currency_code, status, version, reason,
                           respond_by, withdrawn_amount, withdrawn_currency_code, fee_amount, opened_at, closed_at, updated_at)
      VALUES (${dispute.id}::uuid, ${dispute.providerDisputeId}, ${dispute.paymentId}::uuid, ${dispute.orderId}::uuid,
              ${dispute.amount.amount}::bigint, ${dispute.amount.currencyCode}, ${dispute.status}, ${dispute.version}::int,
              ${dispute.reason}, ${dispute.respondBy}::timestamptz, ${dispute.withdrawn?.amount ?? null}::bigint,
              ${dispute.withdrawn?.currencyCode ?? null}, ${dispute.fee?.amount ?? null}::bigint,
              ${dispute.openedAt}::timestamptz, ${dispute.closedAt}::timestamptz, ${at}::timestamptz)
      ON CONFLICT DO NOTHING
      RETURNING id
    ) ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return inserted[0]?.saved === 1;
}

/** Writes `after`, with what follows, if the dispute still has the version before it. */
export async function updateDispute(db: Db, after: Dispute, at: Date, follows: Fragment): Promise<boolean> {
  const updated = await db.$queryRaw<{ saved: number }[]>`
    WITH saved AS (
      UPDATE dispute SET status = ${after.status}, amount = ${after.amount.amount}::bigint, reason = ${after.reason},
        respond_by = ${after.respondBy}::timestamptz, withdrawn_amount = ${after.withdrawn?.amount ?? null}::bigint,
        withdrawn_currency_code = ${after.withdrawn?.currencyCode ?? null}, fee_amount = ${after.fee?.amount ?? null}::bigint,
        closed_at = ${after.closedAt}::timestamptz, version = ${after.version}::int, updated_at = ${at}::timestamptz
      WHERE id = ${after.id}::uuid AND version = ${after.version - 1}::int
      RETURNING id
    ) ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return updated[0]?.saved === 1;
}
