import { conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { AppliedDiscount } from '../pricing/rules.js';
import { promotionErrors, type Promotion } from './rules.js';
import {
  findPromotions,
  insertPromotion,
  listPromotions,
  lockPromotion,
  moveRedemptions,
  redeem,
  redeemUnlimited,
  savePromotion,
  unredeem,
  type PromotionFilter,
} from './store.js';

/** Promotions, the newest first; for staff. */
export async function promotions(
  ctx: Context,
  { code, ...filter }: PromotionFilter,
  parameters: PageArguments,
): Promise<Connection<Promotion>> {
  requirePermission(ctx.viewer, 'promotions:write');
  const page = pageOf(parameters, ['id']);
  const wanted = { ...filter, ...(code === undefined ? {} : { code: code.trim().toUpperCase() }) };
  return connectionOf(await listPromotions(ctx.db, wanted, page), page, (promotion) => [promotion.id]);
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

/**
 * Changes a promotion, `changes` of it as it is; for staff. Orders keep their discounts. A limit below what was used already
 * is refused.
 */
export async function updatePromotion(
  ctx: Context,
  id: string,
  changes: (promotion: Promotion) => Partial<Omit<Promotion, 'id' | 'code' | 'kind' | 'currencyCode'>>,
): Promise<{ promotion: Promotion }> {
  requirePermission(ctx.viewer, 'promotions:write');
  return transact(ctx, async (inner) => {
    const before = isId(id) ? await lockPromotion(inner.db, id) : null;
    if (!before) throw new Refused(notFound('promotion', ['id']));
    const promotion = { ...before, ...changes(before) };
    const errors = promotionErrors(promotion);
    const { limitTotal, redeemedCount } = promotion;
    if (limitTotal !== null && limitTotal < redeemedCount)
      errors.push(invalidInput(`It was used ${redeemedCount} times already.`, ['limitTotal']));
    if (errors.length > 0) throw new Refused(...errors);
    await savePromotion(inner.db, promotion);
    return { promotion };
  });
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
  const limited = await redeemUnlimited(ctx.db, orderId, customerId, ids);
  const usedUp = limited.length > 0 ? await redeem(ctx.db, orderId, customerId, limited) : [];
  const errors = discounts
    .filter((discount) => usedUp.includes(discount.promotionId))
    .map(({ code }) => conflict('PROMOTION_NOT_APPLICABLE', `${code} has been used up.`));
  if (errors.length > 0) throw new Refused(...errors);
}

/** A cancelled order's promotions can be used again. */
export const releasePromotions = (ctx: Context, orderId: string): Promise<void> => unredeem(ctx.db, orderId);

/** A guest's uses are those of the customer that the guest signed in as; in the caller's transaction. */
export const takeRedemptionsOf = (ctx: Context, guestId: string, customerId: string): Promise<void> =>
  moveRedemptions(ctx.db, guestId, customerId);
