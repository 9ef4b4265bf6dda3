/** What is to be bought, as it is today: its articles and the price book, what they make it cost, and what of it is pinned. */
import { clientError, refuse } from '../../shared/errors.js';
import type { Context } from '../context.js';
import { destinationOf } from '../delivery/destination.js';
import { articlesFor } from '../goods/service.js';
import { sealDelivery } from '../order/address.js';
import type { Order } from '../order/rules.js';
import type { Price, PriceBook } from '../pricing/rules.js';
import { priceBookNow, priceOf, taxTermsOf } from '../pricing/service.js';
import { TaxesUnavailable } from '../tax/port.js';
import { refreshed, unavailable, type OrderParts, type Purchase } from './rules.js';

export interface OnSale {
  articles: Awaited<ReturnType<typeof articlesFor>>;
  book: Awaited<ReturnType<typeof priceBookNow>>;
}

const whereTo = ({ delivery: { shippingAddress } }: Purchase) =>
  shippingAddress && destinationOf(shippingAddress);

/** Its articles and what prices are made of, both read now. Refused where one of them is not for sale. */
export async function onSale(ctx: Context, purchase: Purchase): Promise<OnSale> {
  const { lines, customerId, currencyCode, promotionCodes } = purchase;
  const destination = whereTo(purchase);
  const [articles, book] = await Promise.all([
    articlesFor(
      ctx,
      lines.map((line) => line.variantId),
      currencyCode,
    ),
    priceBookNow(ctx, {
      ...{ country: destination?.country ?? null, region: destination?.region ?? null },
      ...{ promotionCodes, customerId },
    }),
  ]);
  refuse(unavailable(purchase, articles));
  return { articles, book };
}

/** What it costs by the price book. @throws RETRY_LATER where the taxes cannot be told now: nothing is decided then. */
export function quote(
  ctx: Context,
  purchase: Purchase,
  articles: OnSale['articles'],
  book: PriceBook,
): Promise<Price> {
  const { lines, currencyCode, promotionCodes, shippingMethodId } = purchase;
  const goods = refreshed(lines, articles);
  const basket = { currencyCode, goods, promotionCodes, destination: whereTo(purchase), shippingMethodId };
  return priceOf(ctx, basket, book).catch((error: unknown) => {
    if (error instanceof TaxesUnavailable)
      throw clientError('RETRY_LATER', 'Taxes cannot be told at this moment: try again with the same key.');
    throw error;
  });
}

/** What its order is made of beside articles, price and stock: the delivery sealed, the shop's terms of today. */
export async function pinned(
  ctx: Context,
  { customerId, currencyCode, delivery }: Purchase,
  own: Pick<OrderParts, 'id' | 'number' | 'locale' | 'paymentDueAt'>,
): Promise<Omit<OrderParts, 'waiting'>> {
  const key = await ctx.loaders.keys.load(customerId);
  if (!key || !delivery.email) throw new Error(`Customer ${customerId} has no key any more.`);
  return {
    ...own,
    sealed: sealDelivery(key, { table: 'orders', id: own.id }, delivery) as Order['sealed'],
    createdAt: ctx.clock(),
    taxIncluded: taxTermsOf(ctx, currencyCode).taxIncluded,
    timeZone: ctx.config.shop.timeZone,
  };
}
