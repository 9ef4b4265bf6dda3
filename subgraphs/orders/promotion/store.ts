import type { Page } from '../../shared/pages.js';
import type { Db } from '../context.js';
import type { Promotion, PromotionKind, Stacking } from './rules.js';

interface Row extends Omit<Promotion, 'kind' | 'stacking'> {
  kind: string;
  stacking: string;
  _count: { redemptions: number };
}
const withUses = { _count: { select: { redemptions: true } } } as const;

const promotionOf = ({ kind, stacking, _count, ...row }: Row): Promotion => ({
  ...row,
  kind: kind as PromotionKind,
  stacking: stacking as Stacking,
  redeemedCount: _count.redemptions,
});

export async function findPromotions(db: Db, ids: readonly string[]): Promise<Map<string, Promotion>> {
  const rows = await db.promotion.findMany({ where: { id: { in: [...ids] } }, include: withUses });
  return new Map(rows.map((row) => [row.id, promotionOf(row)]));
}

export interface PromotionFilter {
  active?: boolean;
  automatic?: boolean;
  /** Upper case; the beginning of the code. */
  code?: string;
}

/** `page.limit + 1` promotions, the newest first. */
export async function listPromotions(
  db: Db,
  { code, ...filter }: PromotionFilter,
  page: Page,
): Promise<Promotion[]> {
  const rows = await db.promotion.findMany({
    where: {
      ...filter,
      ...(code === undefined ? {} : { code: { startsWith: code } }),
      ...(page.after ? { id: { lt: page.after[0] ?? '' } } : {}),
    },
    include: withUses,
    orderBy: { id: 'desc' },
    take: page.limit + 1,
  });
  return rows.map(promotionOf);
}

/** False where the code is taken. */
export async function insertPromotion(db: Db, promotion: Promotion, now: Date): Promise<boolean> {
  const { count } = await db.promotion.createMany({
    data: [{ ...promotion, createdAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

/** The promotion, kept from others who would change or redeem it until the transaction ends. */
export async function lockPromotion(db: Db, id: string): Promise<Promotion | null> {
  await db.$queryRaw`SELECT id FROM promotion WHERE id = ${id}::uuid FOR UPDATE`;
  return (await findPromotions(db, [id])).get(id) ?? null;
}

/** Writes a promotion that was locked; its uses are counted in its row from now on if it has a limit now. */
export async function savePromotion(db: Db, promotion: Promotion): Promise<void> {
  const { id, limitTotal, limitPerCustomer, redeemedCount } = promotion;
  const counted = limitTotal !== null || limitPerCustomer !== null ? redeemedCount : 0;
  await db.promotion.update({ where: { id }, data: { ...promotion, redeemedCount: counted } });
}

/**
 * Notes the use of promotions without limits by an order: in no order's way. Ids of those that it was not noted for, since
 * they have limits, maybe since a moment ago: `redeem` is for them.
 */
export async function redeemUnlimited(
  db: Db,
  orderId: string,
  customerId: string,
  promotionIds: readonly string[],
): Promise<string[]> {
  const noted = await db.$queryRaw<{ promotion_id: string }[]>`
    WITH free AS (
      SELECT id FROM promotion WHERE id = ANY(${[...promotionIds]}::uuid[])
        AND limit_total IS NULL AND limit_per_customer IS NULL FOR KEY SHARE
    )
    INSERT INTO promotion_redemption (order_id, promotion_id, customer_id)
    SELECT ${orderId}::uuid, free.id, ${customerId}::uuid FROM free RETURNING promotion_id`;
  const done = new Set(noted.map((row) => row.promotion_id));
  return promotionIds.filter((id) => !done.has(id));
}

/**
 * Counts one use of each promotion by an order; ids of those that could not be used any more. Two statements: the first
 * takes the promotions' locks, so that the second sees what others redeemed before.
 */
export async function redeem(
  db: Db,
  orderId: string,
  customerId: string,
  promotionIds: readonly string[],
): Promise<string[]> {
  const counted = await db.$queryRaw<{ id: string }[]>`
    WITH locked AS (
      SELECT id FROM promotion WHERE id = ANY(${[...promotionIds]}::uuid[]) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE promotion p SET redeemed_count = redeemed_count + 1 FROM locked
    WHERE p.id = locked.id AND (p.limit_total IS NULL OR p.redeemed_count < p.limit_total)
    RETURNING p.id`;
  const redeemed = await db.$queryRaw<{ promotion_id: string }[]>`
    INSERT INTO promotion_redemption (order_id, promotion_id, customer_id, ordinal)
    SELECT ${orderId}::uuid, p.id, ${customerId}::uuid, free.ordinal
    FROM promotion p CROSS JOIN LATERAL (
      SELECT count(*)::int AS uses FROM promotion_redemption r
      WHERE r.promotion_id = p.id AND r.customer_id = ${customerId}::uuid
    ) own CROSS JOIN LATERAL (
      SELECT n AS ordinal FROM generate_series(1, coalesce(p.limit_per_customer, own.uses + 1)) n
      WHERE NOT EXISTS (SELECT FROM promotion_redemption r
        WHERE r.promotion_id = p.id AND r.customer_id = ${customerId}::uuid AND r.ordinal = n)
      ORDER BY n LIMIT 1
    ) free
    WHERE p.id = ANY(${counted.map((row) => row.id)}::uuid[])
      AND (p.limit_per_customer IS NULL OR own.uses < p.limit_per_customer)
    RETURNING promotion_id`;
  const done = new Set(redeemed.map((row) => row.promotion_id));
  return promotionIds.filter((id) => !done.has(id));
}

/** Takes back an order's uses. Running it twice comes to the same. */
export async function unredeem(db: Db, orderId: string): Promise<void> {
  await db.$executeRaw`
    WITH locked AS (
      SELECT p.id FROM promotion p JOIN promotion_redemption r ON r.promotion_id = p.id
      WHERE r.order_id = ${orderId}::uuid ORDER BY p.id FOR NO KEY UPDATE OF p
    ), gone AS (
      DELETE FROM promotion_redemption r USING locked
      WHERE r.order_id = ${orderId}::uuid AND r.promotion_id = locked.id RETURNING r.promotion_id
    )
    UPDATE promotion p SET redeemed_count = redeemed_count - 1 FROM gone
    WHERE p.id = gone.promotion_id AND (p.limit_total IS NOT NULL OR p.limit_per_customer IS NOT NULL)`;
}

/**
 * Gives a guest's uses to the customer that the guest turned out to be, as far as the limits per customer go: what is over
 * them stays the guest's. Two statements, as with `redeem`.
 */
export async function moveRedemptions(db: Db, guestId: string, customerId: string): Promise<void> {
  const locked = await db.$queryRaw<{ id: string }[]>`
    SELECT p.id FROM promotion p WHERE p.id IN (
      SELECT promotion_id FROM promotion_redemption WHERE customer_id = ${guestId}::uuid)
    ORDER BY p.id FOR NO KEY UPDATE`;
  if (locked.length === 0) return;
  await db.$executeRaw`
    WITH own AS (
      SELECT promotion_id, count(*) AS uses, coalesce(max(ordinal), 0) AS last FROM promotion_redemption
      WHERE customer_id = ${customerId}::uuid GROUP BY 1
    ), moved AS (
      SELECT r.order_id, r.promotion_id, r.ordinal IS NOT NULL AS counted,
        greatest(coalesce(own.uses, 0), coalesce(own.last, 0)) + row_number()
          OVER (PARTITION BY r.promotion_id ORDER BY r.order_id) AS ordinal
      FROM promotion_redemption r LEFT JOIN own USING (promotion_id) WHERE r.customer_id = ${guestId}::uuid
    )
    UPDATE promotion_redemption r SET customer_id = ${customerId}::uuid,
      ordinal = CASE WHEN moved.counted THEN moved.ordinal END
    FROM moved JOIN promotion p ON p.id = moved.promotion_id
    WHERE r.order_id = moved.order_id AND r.promotion_id = moved.promotion_id
      AND (p.limit_per_customer IS NULL OR moved.ordinal <= p.limit_per_customer)`;
}
