import { deliveryOf } from '../customer/keys.js';
import type { Cart } from '../cart/rules.js';
import type { Context } from '../context.js';
import { destinationOf, type Destination } from '../delivery/destination.js';
import { reaches } from '../shipping-method/rules.js';
import { TaxesUnavailable } from '../tax/port.js';
import type { AppliedTax, TaxTerms } from '../tax/rules.js';
import {
  discounted,
  priced,
  promotionQuestion,
  shippingOptions,
  taxableLines,
  type Basket,
  type Discounted,
  type Price,
  type PriceBook,
} from './rules.js';
import { readPriceBooks, type PriceBookKey } from './store.js';

/** Whether prices in the currency have the tax in them, and how taxes are rounded: the shop's setting. */
export function taxTermsOf({ config }: Pick<Context, 'config'>, currencyCode: string): TaxTerms {
  const { pricesWithoutTax, rounding } = config.tax;
  return { taxIncluded: !pricesWithoutTax.includes(currencyCode), rounding };
}

/** What a cart's price book is read by. */
const keyOf = ({ customerId, promotionCodes }: Cart, destination: Destination | null): PriceBookKey => ({
  country: destination?.country ?? null,
  region: destination?.region ?? null,
  promotionCodes,
  customerId,
});

async function basketAndBook(ctx: Context, cart: Cart): Promise<{ basket: Basket; book: PriceBook }> {
  const { shippingAddress } = await deliveryOf(ctx, 'cart', cart);
  const destination = shippingAddress && destinationOf(shippingAddress);
  const { currencyCode, lines: goods, promotionCodes, shippingMethodId } = cart;
  return {
    basket: { currencyCode, goods, promotionCodes, destination, shippingMethodId },
    book: await ctx.loaders.priceBooks.load(keyOf(cart, destination)),
  };
}

/** The basket with its discounts and its shipping. */
async function discountsOf(ctx: Context, basket: Basket, book: PriceBook): Promise<Discounted> {
  const question = promotionQuestion(basket, book, ctx.clock());
  return discounted(basket, book, question, await ctx.promotions.discountsOf(question));
}

/** The taxes of what is to be bought; none as long as nobody knows where it goes. */
async function taxesOf(
  ctx: Context,
  of: Discounted,
  { taxes: table }: PriceBook,
): Promise<(AppliedTax | null)[]> {
  const { destination, currencyCode } = of.basket;
  if (destination === null) return [];
  const { taxIncluded } = taxTermsOf(ctx, currencyCode);
  const lines = taxableLines(of);
  return ctx.taxes.taxesOf({ destination, currencyCode, taxIncluded, at: ctx.clock(), lines, table });
}

/** What the basket costs now; throws TaxesUnavailable where its taxes cannot be told now. */
export async function priceOf(ctx: Context, basket: Basket, book: PriceBook): Promise<Price> {
  const of = await discountsOf(ctx, basket, book);
  return priced(of, await taxesOf(ctx, of, book), taxTermsOf(ctx, basket.currencyCode));
}

/** What the cart costs as it stands, for showing: without the taxes (`taxed` is false) where they cannot be told now. */
export async function priceOfCart(ctx: Context, cart: Cart): Promise<Price> {
  const { basket, book } = await basketAndBook(ctx, cart);
  const of = await discountsOf(ctx, basket, book);
  const taxes = await taxesOf(ctx, of, book).catch((error: unknown) => {
    if (!(error instanceof TaxesUnavailable)) throw error;
    ctx.log.warn({ err: error }, 'a cart is shown without its taxes');
    return [];
  });
  return priced(of, taxes, taxTermsOf(ctx, cart.currencyCode));
}

/** The cart's discounts and shipping, for showing; nobody is asked for taxes. */
export async function discountedCart(ctx: Context, cart: Cart): Promise<Discounted> {
  const { basket, book } = await basketAndBook(ctx, cart);
  return discountsOf(ctx, basket, book);
}

/** The ways of shipping that take the cart. */
export async function shippingOptionsOfCart(
  ctx: Context,
  cart: Cart,
): Promise<ReturnType<typeof shippingOptions>> {
  const { basket, book } = await basketAndBook(ctx, cart);
  const { lines } = await discountsOf(ctx, basket, book);
  return shippingOptions(
    basket,
    book,
    lines.reduce((sum, line) => sum + line.left, 0n),
  );
}

/** Whether the shipping method exists and goes there. */
export async function goesTo(
  ctx: Context,
  cart: Cart,
  methodId: string,
  destination: Destination | null,
): Promise<boolean> {
  if (destination === null) return false;
  const { shippingMethods, zones } = await ctx.loaders.priceBooks.load(keyOf(cart, destination));
  return shippingMethods.some((method) => method.id === methodId && reaches(method, destination, zones));
}

/** What checkout prices with: as it is in the database at this moment. */
export async function priceBookNow(
  ctx: Context,
  key: PriceBookKey,
): Promise<PriceBook & { openOrders: number }> {
  const [book] = await readPriceBooks(ctx.db, ctx.terms, [key], ctx.clock());
  if (!book) throw new Error('Each key has its price book.');
  return book;
}
