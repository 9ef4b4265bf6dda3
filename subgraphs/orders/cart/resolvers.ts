import { withUserErrors } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import { requireCustomer } from '../../shared/viewer.js';
import { deliveryOf } from '../customer/keys.js';
import { priceOfCart, shippingOptionsOfCart } from '../pricing/service.js';
import type { CartResolvers, MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import {
  addToCart,
  applyPromotionCode,
  findCart,
  removePromotionCode,
  setCartDelivery,
  setCartLines,
  type CartResult,
} from './service.js';
import { addressOf } from './inputs.js';
import { lineView, totalsView, warningView, type CartWarningView } from './views.js';

const payload = async (
  work: () => Promise<CartResult>,
): Promise<{
  cart?: CartResult['cart'];
  warnings: CartWarningView[];
  userErrors: Awaited<ReturnType<typeof withUserErrors>>['userErrors'];
}> => {
  const { warnings = [], ...rest } = await withUserErrors(work);
  return { ...rest, warnings: warnings.map(warningView) };
};

export const Query = {
  cart: (_parent, _args, ctx) => findCart(ctx, requireCustomer(ctx.viewer)),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  addToCart: (_parent, { input }, ctx) => payload(() => addToCart(ctx, input)),
  setCartLines: (_parent, { input }, ctx) => payload(() => setCartLines(ctx, input)),
  setCartDelivery: (_parent, { input }, ctx) =>
    payload(() =>
      setCartDelivery(ctx, {
        ...(input.email ? { email: input.email } : {}),
        ...(input.shippingAddress ? { shippingAddress: addressOf(input.shippingAddress) } : {}),
        ...(input.billingAddress ? { billingAddress: addressOf(input.billingAddress) } : {}),
        ...(input.shippingMethodId ? { shippingMethodId: input.shippingMethodId } : {}),
      }),
    ),
  applyPromotionCode: (_parent, { input }, ctx) => payload(() => applyPromotionCode(ctx, input.code)),
  removePromotionCode: (_parent, { input }, ctx) => payload(() => removePromotionCode(ctx, input.code)),
} satisfies Partial<MutationResolvers>;

export const Cart: CartResolvers = {
  lines: (cart) => cart.lines.map((line) => lineView(cart, line)),
  totalQuantity: (cart) => cart.lines.reduce((sum, line) => sum + line.quantity, 0),
  email: async (cart, _args, ctx) => (await deliveryOf(ctx, 'cart', cart)).email,
  shippingAddress: async (cart, _args, ctx) => (await deliveryOf(ctx, 'cart', cart)).shippingAddress,
  billingAddress: async (cart, _args, ctx) => (await deliveryOf(ctx, 'cart', cart)).billingAddress,
  shippingMethod: (cart, _args, ctx) =>
    cart.shippingMethodId === null ? null : ctx.loaders.shippingMethods.load(cart.shippingMethodId),
  shippingOptions: async (cart, _args, ctx) =>
    (await shippingOptionsOfCart(ctx, cart)).map(({ shippingMethod, price }) => ({
      shippingMethod,
      price: money(price, cart.currencyCode),
    })),
  totals: async (cart, _args, ctx) => totalsView(await priceOfCart(ctx, cart), cart.currencyCode),
};
