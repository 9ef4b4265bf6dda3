import { conflict, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { AppliedDiscount } from '../pricing/rules.js';
import { promotionErrors, type Promotion } from './rules.js';
import { findPromotions, insertPromotion, listPromotions, redeem, unredeem } from './store.js';

/** All promotions, the newest first; for staff. */
export async function promotions(ctx: Context, parameters: PageArguments): Promise<Connection<Promotion>> {
  requirePermission(ctx.viewer, 'promotions:write');
  const page = pageOf(parameters, ['id']);
  return connectionOf(await listPromotions(ctx.db, page), page, (promotion) => [promotion.id]);
}

export interface CreatePromotion extends Omit<Promotion, 'id' | 'redeemedCount' | 'startsAt'> {
  idempotencyKey: string;
  /** At once when null; so a repeat, which comes later, has the same input. */
  startsAt: Date | null;
}

/** Makes a promotion, once per key; refused where its code is taken. */
export async function createPromotion(
  ctx: Context,
  { idempotencyKey: key, ...input }: CreatePromotion,
): Promise<{ promotion: Promotion | null }> {
  requirePermission(ctx.viewer, 'promotions:write');
  const call = { owner: ctx.viewer.id ?? '', operation: 'createPromotion', key, input };
  const { outcome } = await idempotent(ctx, call, async (inner) => {
    const now = inner.clock();
    const draft = { ...input, startsAt: input.startsAt ?? now };
    const errors = promotionErrors(draft);
    if (errors.length > 0) throw new Refused(...errors);
    const id = inner.newId();
    if (!(await insertPromotion(inner.db, { ...draft, id, redeemedCount: 0 }, now)))
      throw new Refused(conflict('CODE_TAKEN', 'There is a promotion with this code.', ['code']));
    return { promotionId: id };
  });
  const found = await findPromotions(ctx.db, [outcome.promotionId]);
  return { promotion: found.get(outcome.promotionId) ?? null };
}

/** Counts one use of each discount's promotion; refused where one has been used up meanwhile. */
export async function redeemPromotions(
  ctx: Context,
  orderId: string,
  customerId: string,
  discounts: readonly AppliedDiscount[],
): Promise<void> {
  if (discounts.length === 0) return;
  const ids = discounts.map((discount) => discount.promotionId);
  const usedUp = await redeem(ctx.db, orderId, customerId, ids);
  const errors = discounts
    .filter((discount) => usedUp.includes(discount.promotionId))
    .map(({ code }) => conflict('PROMOTION_NOT_APPLICABLE', `${code} has been used up.`));
  if (errors.length > 0) throw new Refused(...errors);
}

/** A cancelled order's promotions can be used again. */
export const releasePromotions = (ctx: Context, orderId: string): Promise<void> => unredeem(ctx.db, orderId);
