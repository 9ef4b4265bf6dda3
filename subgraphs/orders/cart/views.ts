/** A cart as the SDL shows it. */
import { money, type Money } from '../../shared/money.js';
import type { ResolversTypes } from '../resolver-types.generated.js';
import type { Discounted, Price } from '../pricing/rules.js';
import type { Cart, CartLine, CartWarning } from './rules.js';

export type CartWarningView = { __typename: string; code: string; message: string; [fact: string]: unknown };

export function warningView(warning: CartWarning): CartWarningView {
  const code = warning.kind;
  switch (warning.kind) {
    case 'PRICE_CHANGED': {
      const { variantId: id, previous, current, currencyCode } = warning;
      return {
        __typename: 'PriceChangedWarning',
        code,
        message: 'The price has changed.',
        variant: { id },
        previousPrice: money(BigInt(previous), currencyCode),
        currentPrice: money(BigInt(current), currencyCode),
      };
    }
    case 'QUANTITY_REDUCED': {
      const { variantId: id, requested, quantity } = warning;
      const message = quantity === 0 ? 'There are none left.' : `There are only ${quantity}.`;
      return { __typename: 'QuantityReducedWarning', code, message, variant: { id }, requested, quantity };
    }
    case 'VARIANT_UNAVAILABLE': {
      const variant = { id: warning.variantId };
      return {
        __typename: 'VariantUnavailableWarning',
        code,
        message: 'It is not for sale any more.',
        variant,
      };
    }
    case 'PROMOTION_NOT_APPLICABLE':
      return { __typename: 'PromotionWarning', code, message: warning.reason, promotionCode: warning.code };
    case 'SHIPPING_UNAVAILABLE':
      return {
        __typename: 'ShippingWarning',
        code,
        message: 'This way of shipping does not take the cart: choose another.',
      };
  }
}

/** A line with what its share of the cart's price is read from, which is worked out once and only where it is asked for. */
export interface LineInCart extends CartLine {
  currencyCode: string;
  discount: () => Promise<bigint>;
}

export function linesInCart(cart: Cart, discountsOf: (cart: Cart) => Promise<Discounted>): LineInCart[] {
  let discounts: Promise<Discounted> | undefined;
  return cart.lines.map((line, i) => ({
    ...line,
    currencyCode: cart.currencyCode,
    discount: async () => {
      const line = (await (discounts ??= discountsOf(cart))).lines[i];
      return line ? line.list - line.left : 0n;
    },
  }));
}

export function totalsView(price: Price, currencyCode: string): ResolversTypes['CartTotals'] {
  const show = (amount: bigint): Money => money(amount, currencyCode);
  return {
    subtotal: show(price.subtotal),
    discount: show(price.discount),
    shipping: price.shipping && show(price.shipping.listAmount),
    tax: price.taxed ? show(price.tax) : null,
    net: price.taxed ? show(price.net) : null,
    total: show(price.gross),
    discounts: price.discounts.map(({ code, name, amount }) => ({ code, name, amount: show(amount) })),
  };
}
