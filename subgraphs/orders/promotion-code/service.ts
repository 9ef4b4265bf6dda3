import { conflict, Refused } from '../../shared/errors.js';
import { maxPromotionCodes, type Cart } from '../cart/rules.js';
import { changeCart, type CartResult } from '../cart/change.js';
import { withPriceWarnings } from '../cart/service.js';
import type { Context } from '../context.js';
import { discountedCart } from '../pricing/service.js';

export interface PromotionCode {
  code: string;
  expectedVersion?: number | null | undefined;
}

/** Adds a code; one that has no effect as the cart is stays, with a warning. */
export async function applyPromotionCode(
  ctx: Context,
  { code, expectedVersion }: PromotionCode,
): Promise<CartResult> {
  const wanted = code.trim().toUpperCase();
  const patch = async (cart: Cart): Promise<Partial<Cart>> => {
    const promotionCodes = [...new Set([...cart.promotionCodes, wanted])];
    if (promotionCodes.length > maxPromotionCodes)
      throw new Refused(conflict('TOO_MANY_PROMOTIONS', `At most ${maxPromotionCodes} codes.`, ['code']));
    const { ineffective } = await discountedCart(ctx, { ...cart, promotionCodes: [wanted] });
    const unknown = ineffective.find((one) => one.unknown);
    if (unknown) throw new Refused(conflict('PROMOTION_NOT_APPLICABLE', unknown.reason, ['code']));
    return { promotionCodes };
  };
  return withPriceWarnings(ctx, await changeCart(ctx, { patch, expectedVersion }));
}

/** Takes a code off; no error where the cart has none such. */
export async function removePromotionCode(
  ctx: Context,
  { code, expectedVersion }: PromotionCode,
): Promise<CartResult> {
  const unwanted = code.trim().toUpperCase();
  const patch = async (cart: Cart): Promise<Partial<Cart>> => ({
    promotionCodes: cart.promotionCodes.filter((one) => one !== unwanted),
  });
  return withPriceWarnings(ctx, await changeCart(ctx, { patch, expectedVersion }));
}
