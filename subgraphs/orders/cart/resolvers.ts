import { money } from '../../shared/money.js';
import { requireCustomer } from '../../shared/viewer.js';
import { deliveryOf } from '../customer/keys.js';
import { deliveryDates } from '../shipping-method/delivery-dates.js';
import { discountedCart, priceOfCart, shippingOptionsOfCart, taxTermsOf } from '../pricing/service.js';
import type {
  CartLineResolvers,
  CartResolvers,
  MutationResolvers,
  QueryResolvers,
} from '../resolver-types.generated.js';
import { cartPayload } from './payload.js';
import { addToCart, findCart, setCartLines, warningsOf } from './service.js';
import { linesInCart, totalsView, warningView } from './views.js';

export const Query = {
  cart: (_parent, _args, ctx) => findCart(ctx, requireCustomer(ctx.viewer)),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  addToCart: (_parent, { input }, ctx) => cartPayload(() => addToCart(ctx, input)),
  setCartLines: (_parent, { input }, ctx) => cartPayload(() => setCartLines(ctx, input)),
} satisfies Partial<MutationResolvers>;

export const Cart: CartResolvers = {
  lines: (cart, _args, ctx) => linesInCart(cart, (one) => discountedCart(ctx, one)),
  pricesIncludeTax: ({ currencyCode }, _args, ctx) => taxTermsOf(ctx, currencyCode).taxIncluded,
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
      estimatedDelivery: deliveryDates(shippingMethod, ctx.clock(), ctx.config.shop.timeZone),
    })),
  warnings: async (cart, _args, ctx) => (await warningsOf(ctx, cart)).map(warningView),
  totals: async (cart, _args, ctx) => totalsView(await priceOfCart(ctx, cart), cart.currencyCode),
};

export const CartLine: CartLineResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
  unitPrice: ({ unitAmount, currencyCode }) => money(unitAmount, currencyCode),
  total: ({ unitAmount, quantity, currencyCode }) => money(unitAmount * BigInt(quantity), currencyCode),
  discount: async ({ discount, currencyCode }) => money(await discount(), currencyCode),
};
