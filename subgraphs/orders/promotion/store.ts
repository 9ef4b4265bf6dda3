import type { Page } from '../../shared/pages.js';
import type { Db } from '../context.js';
import type { Promotion, PromotionKind } from './rules.js';

const promotionOf = ({ kind, ...row }: Omit<Promotion, 'kind'> & { kind: string }): Promotion => ({
  ...row,
  kind: kind as PromotionKind,
});

export async function findPromotions(db: Db, ids: readonly string[]): Promise<Map<string, Promotion>> {
  const rows = await db.promotion.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, promotionOf(row)]));
}

/** `page.limit + 1` promotions, the newest first. */
export async function listPromotions(db: Db, page: Page): Promise<Promotion[]> {
  const rows = await db.promotion.findMany({
    where: page.after ? { id: { lt: page.after[0] ?? '' } } : {},
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
      SELECT id FROM promotion WHERE id = ANY(${[...promotionIds]}::uuid[]) ORDER BY id FOR UPDATE
    )
    UPDATE promotion p SET redeemed_count = redeemed_count + 1 FROM locked
    WHERE p.id = locked.id AND (p.limit_total IS NULL OR p.redeemed_count < p.limit_total)
    RETURNING p.id`;
  const redeemed = await db.$queryRaw<{ promotion_id: string }[]>`
    INSERT INTO promotion_redemption (order_id, promotion_id, customer_id, ordinal)
    SELECT ${orderId}::uuid, p.id, ${customerId}::uuid, free.ordinal
    FROM promotion p CROSS JOIN LATERAL (
      SELECT n AS ordinal FROM generate_series(1, coalesce(p.limit_per_customer, 1 + (
        SELECT count(*)::int FROM promotion_redemption r WHERE r.promotion_id = p.id AND r.customer_id = ${customerId}::uuid))) n
      WHERE NOT EXISTS (SELECT FROM promotion_redemption r
        WHERE r.promotion_id = p.id AND r.customer_id = ${customerId}::uuid AND r.ordinal = n)
      ORDER BY n LIMIT 1) free
    WHERE p.id = ANY(${counted.map((row) => row.id)}::uuid[])
    RETURNING promotion_id`;
  const done = new Set(redeemed.map((row) => row.promotion_id));
  return promotionIds.filter((id) => !done.has(id));
}

/** Takes back an order's uses. Running it twice comes to the same. */
export async function unredeem(db: Db, orderId: string): Promise<void> {
  await db.$executeRaw`
    WITH gone AS (DELETE FROM promotion_redemption WHERE order_id = ${orderId}::uuid RETURNING promotion_id)
    UPDATE promotion p SET redeemed_count = redeemed_count - 1 FROM gone WHERE p.id = gone.promotion_id`;
}
