/** Brings the shop's prices from where they are to the file's last ones, change by change. */
import { ImportPricesDocument } from '../../client/operations.generated.js';
import { RefusedError } from '../../client/errors.js';
import type { Article } from '../retailer/catalogue.js';
import { fileCurrency } from '../retailer/line.js';
import { priceText } from '../retailer/price-text.js';
import type { Shop } from '../retailer/session.js';

export interface PricedArticle {
  article: Article;
  variantId: string;
  /** What it costs in the shop now, pence. */
  price: bigint | null;
}

export interface PriceStep {
  month: string;
  variantId: string;
  /** Pence. */
  price: bigint;
}

/**
 * The changes that are left, by time. The shop's present price says how far a run that was stopped has come; one that
 * the file does not know was set by somebody in the shop, and stays.
 */
export function stepsLeft(articles: readonly PricedArticle[]): { steps: PriceStep[]; setByShop: string[] } {
  const setByShop: string[] = [];
  const steps = articles.flatMap(({ article: { sku, prices }, variantId, price }) => {
    const reached = price === null ? -1 : prices.findLastIndex((point) => point.price === price);
    if (price !== null && reached < 0) {
      setByShop.push(sku);
      return [];
    }
    return prices.slice(reached + 1).map((point) => ({ month: point.from, variantId, price: point.price }));
  });
  return { steps: steps.sort((a, b) => (a.month < b.month ? -1 : a.month > b.month ? 1 : 0)), setByShop };
}

const pricesPerCall = 200;

/** Steps of one month together, so many at a time: an article has one step a month at most. */
export function priceCalls(steps: readonly PriceStep[]): PriceStep[][] {
  const calls: PriceStep[][] = [];
  for (const step of steps) {
    const call = calls.at(-1);
    if (call && call[0]?.month === step.month && call.length < pricesPerCall) call.push(step);
    else calls.push([step]);
  }
  return calls;
}

/** Sets one call's prices; a repeat changes nothing. */
export async function setPrices(shop: Shop, steps: readonly PriceStep[]): Promise<void> {
  const { setVariantPrices } = await shop.run(ImportPricesDocument, {
    input: {
      prices: steps.map(({ variantId, price }) => ({
        variantId,
        currencyCode: fileCurrency,
        regular: priceText(price),
      })),
    },
  });
  if (setVariantPrices.userErrors.length > 0) throw new RefusedError(setVariantPrices.userErrors);
}
