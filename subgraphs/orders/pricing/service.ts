import { deliveryOf } from '../customer/keys.js';
import type { Cart } from '../cart/rules.js';
import type { Context } from '../context.js';
import { price, shippingOptions, type Basket, type Price, type PriceBook } from './rules.js';
import { readPriceBooks, type PriceBookKey } from './store.js';

export const basketOf = (cart: Cart, country: string | null): Basket => ({
  currencyCode: cart.currencyCode,
  goods: cart.lines,
  promotionCodes: cart.promotionCodes,
  country,
  shippingMethodId: cart.shippingMethodId,
});

async function basketAndBook(ctx: Context, cart: Cart): Promise<{ basket: Basket; book: PriceBook }> {
  const { shippingAddress } = await deliveryOf(ctx, 'cart', cart);
  const country = shippingAddress?.country ?? null;
  const { customerId, promotionCodes } = cart;
  return {
    basket: basketOf(cart, country),
    book: await ctx.loaders.priceBooks.load({ country, promotionCodes, customerId }),
  };
}

/** What the cart costs as it stands. */
export async function priceOfCart(ctx: Context, cart: Cart): Promise<Price> {
  const { basket, book } = await basketAndBook(ctx, cart);
  return price(basket, book, ctx.clock());
}

/** The ways of shipping that take the cart. */
export async function shippingOptionsOfCart(
  ctx: Context,
  cart: Cart,
): Promise<ReturnType<typeof shippingOptions>> {
  const { basket, book } = await basketAndBook(ctx, cart);
  const { lines } = price(basket, book, ctx.clock());
  return shippingOptions(
    basket,
    book,
    lines.reduce((sum, line) => sum + line.gross, 0n),
  );
}

/** Whether the shipping method exists and goes to the country. */
export async function goesTo(
  ctx: Context,
  cart: Cart,
  methodId: string,
  country: string | null,
): Promise<boolean> {
  const { customerId, promotionCodes } = cart;
  const { shippingMethods } = await ctx.loaders.priceBooks.load({ country, promotionCodes, customerId });
  return shippingMethods.some((method) => method.id === methodId);
}

/** What checkout prices with: read from the database, never kept. */
export async function priceBookNow(
  ctx: Context,
  key: PriceBookKey,
): Promise<PriceBook & { openOrders: number }> {
  const [book] = await readPriceBooks(ctx.db, [key]);
  if (!book) throw new Error('Each key has its price book.');
  return book;
}
