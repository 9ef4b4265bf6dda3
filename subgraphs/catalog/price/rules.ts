/** A price: what a variant costs in one currency, with or without a sale. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { fromDecimal, money, type Money } from '../../shared/money.js';

export interface Price {
  currencyCode: string;
  /** Minor units. */
  regular: bigint;
  /** Minor units, lower than `regular`; null without a sale. */
  sale: bigint | null;
}

/** One event of the subscription. */
export interface PriceChange {
  variantId: string;
}

/** As a client gives it. */
export interface PriceInput {
  currencyCode: string;
  regular: string;
  sale?: string | null | undefined;
}

/** The database refuses more: 10^12 minor units. */
const maxAmount = 1_000_000_000_000n;

export const currentPrice = ({ currencyCode, regular, sale }: Price): Money =>
  money(sale ?? regular, currencyCode);

export const priceIn = (prices: readonly Price[], currencyCode: string): Price | null =>
  prices.find((price) => price.currencyCode === currencyCode) ?? null;

/** The price, or what is wrong with the input at `field`. */
export function parsePrice(input: PriceInput, field: string[]): Price | UserError {
  const { currencyCode } = input;
  const regular = fromDecimal(input.regular, currencyCode);
  if (regular === null || regular < 0n || regular > maxAmount)
    return invalidInput(`${input.regular} is no price in ${currencyCode}.`, [...field, 'regular']);
  if (input.sale == null) return { currencyCode, regular, sale: null };
  const sale = fromDecimal(input.sale, currencyCode);
  if (sale === null || sale < 0n || sale >= regular)
    return invalidInput(`A sale price in ${currencyCode} is lower than the regular one, ${input.regular}.`, [
      ...field,
      'sale',
    ]);
  return { currencyCode, regular, sale };
}

export const isPrice = (parsed: Price | UserError): parsed is Price => !('__typename' in parsed);

/** A price and the variant whose it is. */
export interface VariantPrice extends Price {
  variantId: string;
}

export interface PriceDifference {
  price: VariantPrice;
  /** What was asked before, minor units; null where there was no price. */
  previousAmount: bigint | null;
}

/** Those of `wanted` that differ from what there is: the others are no news. */
export function priceDifferences(
  present: readonly VariantPrice[],
  wanted: readonly VariantPrice[],
): PriceDifference[] {
  const keyOf = (price: VariantPrice): string => `${price.variantId} ${price.currencyCode}`;
  const before = new Map(present.map((price) => [keyOf(price), price]));
  return wanted.flatMap((price) => {
    const old = before.get(keyOf(price));
    if (old && old.regular === price.regular && old.sale === price.sale) return [];
    return [{ price, previousAmount: old ? currentPrice(old).amount : null }];
  });
}

/** From the cheapest to the dearest current price in a currency; null where there is none. */
export function priceRange(
  prices: readonly Price[],
  currencyCode: string,
): { min: Money; max: Money } | null {
  const amounts = prices
    .filter((price) => price.currencyCode === currencyCode)
    .map((price) => currentPrice(price).amount);
  const [first, ...rest] = amounts;
  if (first === undefined) return null;
  const min = rest.reduce((a, b) => (b < a ? b : a), first);
  const max = rest.reduce((a, b) => (b > a ? b : a), first);
  return { min: money(min, currencyCode), max: money(max, currencyCode) };
}
