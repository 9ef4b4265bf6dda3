import { money } from '../../shared/money.js';
import type { NewId } from '../../shared/ids.js';
import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import {
  nameOf,
  type BreakKind,
  type BreakStatus,
  type Booking,
  type Difference,
  type ReconciliationBreak,
} from './rules.js';

type Row = Prisma.ReconciliationBreakGetPayload<object>;

const bookingOf = (
  status: string | null,
  amount: bigint | null,
  currencyCode: string | null,
): Booking | null =>
  status !== null && amount !== null && currencyCode !== null
    ? { status, amount: money(amount, currencyCode) }
    : null;

const breakOf = (row: Row): ReconciliationBreak => ({
  id: row.id,
  kind: row.kind as BreakKind,
  subject: row.subject as Difference['subject'],
  providerReference: row.providerReference,
  status: row.status as BreakStatus,
  paymentId: row.paymentId,
  refundId: row.refundId,
  orderId: row.orderId,
  shop: bookingOf(row.shopStatus, row.shopAmount, row.shopCurrencyCode),
  provider: bookingOf(row.providerStatus, row.providerAmount, row.providerCurrencyCode),
  foundAt: row.foundAt,
  seenAt: row.seenAt,
  resolvedAt: row.resolvedAt,
  resolvedBy: row.resolvedBy as ReconciliationBreak['resolvedBy'],
  resolverId: row.resolverId,
  note: row.note,
});

export async function findBreak(db: Db, id: string): Promise<ReconciliationBreak | null> {
  const row = await db.reconciliationBreak.findUnique({ where: { id } });
  return row && breakOf(row);
}

/** The newest first, of one status or of all; those before the break `after`. Ids are made in time's order. */
export async function findBreaks(
  db: Db,
  { status, after, limit }: { status: BreakStatus | null; after: string | null; limit: number },
): Promise<ReconciliationBreak[]> {
  const rows = await db.reconciliationBreak.findMany({
    where: { ...(status === null ? {} : { status }), ...(after === null ? {} : { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: limit,
  });
  return rows.map(breakOf);
}

/** Open ones, which were not seen for the longest time first. */
export async function findOpenBreaks(db: Db, limit: number): Promise<ReconciliationBreak[]> {
  const rows = await db.reconciliationBreak.findMany({
    where: { status: 'OPEN' },
    orderBy: [{ seenAt: 'asc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(breakOf);
}

/**
 * Writes what a run found, in one statement: one row per kind and reference. What staff have settled stays settled as long as
 * both sides say what they said then; what is over by itself opens again. Gives those that are open now and were not before.
 */
export async function saveBreaks(
  db: Db,
  found: readonly Difference[],
  newId: NewId,
  at: Date,
): Promise<(Difference & { id: string })[]> {
  if (found.length === 0) return [];
  const rows = found.map(({ shop, provider, ...one }) => ({
    ...{ id: newId(), kind: one.kind, subject: one.subject, provider_reference: one.providerReference },
    ...{ payment_id: one.paymentId, refund_id: one.refundId, order_id: one.orderId },
    shop_status: shop?.status ?? null,
    shop_amount: shop?.amount.amount.toString() ?? null,
    shop_currency_code: shop?.amount.currencyCode ?? null,
    provider_status: provider?.status ?? null,
    provider_amount: provider?.amount.amount.toString() ?? null,
    provider_currency_code: provider?.amount.currencyCode ?? null,
  }));
  const opened = await db.$queryRaw<{ id: string; kind: BreakKind; providerReference: string }[]>`
    WITH saved AS (
      INSERT INTO reconciliation_break AS b (id, kind, subject, provider_reference, status, payment_id, refund_id, order_id,
        shop_status, shop_amount, shop_currency_code, provider_status, provider_amount, provider_currency_code,
        found_at, seen_at)
      SELECT id, kind, subject, provider_reference, 'OPEN', payment_id, refund_id, order_id,
             shop_status, shop_amount, shop_currency_code, provider_status, provider_amount, provider_currency_code,
             ${at}::timestamptz, ${at}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS f(id uuid, kind text, subject text, provider_reference text, payment_id uuid, refund_id uuid, order_id uuid,
             shop_status text, shop_amount bigint, shop_currency_code text,
             provider_status text, provider_amount bigint, provider_currency_code text)
      ORDER BY kind, provider_reference
      ON CONFLICT (kind, provider_reference) DO UPDATE SET
        status = 'OPEN', subject = excluded.subject,
        payment_id = excluded.payment_id, refund_id = excluded.refund_id, order_id = excluded.order_id,
        shop_status = excluded.shop_status, shop_amount = excluded.shop_amount,
        shop_currency_code = excluded.shop_currency_code, provider_status = excluded.provider_status,
        provider_amount = excluded.provider_amount, provider_currency_code = excluded.provider_currency_code,
        found_at = CASE WHEN b.status = 'OPEN' THEN b.found_at ELSE excluded.found_at END, seen_at = excluded.seen_at,
        resolved_at = NULL, resolved_by = NULL, resolver_id = NULL, note = NULL
      WHERE b.status = 'OPEN' OR b.resolved_by = 'SYSTEM'
        OR (b.shop_status, b.shop_amount, b.shop_currency_code, b.provider_status, b.provider_amount,
            b.provider_currency_code)
          IS DISTINCT FROM (excluded.shop_status, excluded.shop_amount, excluded.shop_currency_code,
            excluded.provider_status, excluded.provider_amount, excluded.provider_currency_code)
      RETURNING id, kind, provider_reference, found_at
    )
    SELECT id, kind, provider_reference AS "providerReference" FROM saved WHERE found_at = ${at}::timestamptz`;
  const ids = new Map(opened.map((one) => [nameOf(one), one.id]));
  return found.flatMap((one) => {
    const id = ids.get(nameOf(one));
    return id ? [{ ...one, id }] : [];
  });
}

/** Closes what a run looked for and did not find again, unless another run has seen it since. */
export async function resolveVanished(db: Db, ids: readonly string[], at: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE reconciliation_break SET status = 'RESOLVED', resolved_by = 'SYSTEM', resolved_at = ${at}::timestamptz
    WHERE id = ANY(${[...ids]}::uuid[]) AND status = 'OPEN' AND seen_at < ${at}::timestamptz`;
}

/** False where it is not open, or not there. */
export async function resolveByStaff(
  db: Db,
  { id, note, resolverId, at }: { id: string; note: string; resolverId: string | null; at: Date },
): Promise<boolean> {
  const resolved = await db.$executeRaw`
    UPDATE reconciliation_break SET status = 'RESOLVED', resolved_by = 'STAFF', resolver_id = ${resolverId}::uuid,
      note = ${note}, resolved_at = ${at}::timestamptz
    WHERE id = ${id}::uuid AND status = 'OPEN'`;
  return resolved > 0;
}

/** There is one account at the provider. */
const account = 'default';

/** Until when the provider's account has been compared; null before the first time. */
export async function findReadUntil(db: Db): Promise<Date | null> {
  return (await db.reconciliationProgress.findUnique({ where: { account } }))?.readUntil ?? null;
}

/** It never goes back, whoever else has read meanwhile. */
export async function saveReadUntil(db: Db, readUntil: Date): Promise<void> {
  await db.$executeRaw`
    INSERT INTO reconciliation_progress AS p (account, read_until) VALUES (${account}, ${readUntil}::timestamptz)
    ON CONFLICT (account) DO UPDATE SET read_until = greatest(p.read_until, excluded.read_until)`;
}
