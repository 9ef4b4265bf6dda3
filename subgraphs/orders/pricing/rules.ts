/** What goods cost: discounts, shipping and tax of a cart that may become an order. */
import { discountOf, promotionKinds, whyNotApplicable, type Promotion } from '../promotion/rules.js';
import { shippingPrice, type ShippingMethod } from '../shipping-method/rules.js';
import { rateFor, taxOf, type TaxCategory, type TaxRate, type Taxed } from '../tax/rules.js';

/** What staff have set, as far as one cart needs it. */
export interface PriceBook {
  /** Of the country that the goods go to. */
  taxRates: TaxRate[];
  shippingMethods: ShippingMethod[];
  /** Those whose codes the cart has, with how often its customer used them. */
  promotions: (Promotion & { usedByCustomer: number })[];
}

export interface Good {
  variantId: string;
  quantity: number;
  /** Of one piece, tax included; minor units. */
  unitAmount: bigint;
  taxCategory: TaxCategory;
  weightGrams: number;
}

export interface Basket {
  currencyCode: string;
  goods: Good[];
  promotionCodes: string[];
  /** Null as long as nobody has said where the goods go. */
  country: string | null;
  shippingMethodId: string | null;
}

export interface PricedLine extends Taxed {
  discount: bigint;
  /** Undefined where there is no address or no rate for it: then tax is 0 and the price not final. */
  rate: TaxRate | undefined;
}

export interface AppliedDiscount {
  promotionId: string;
  code: string;
  name: string;
  amount: bigint;
}

export interface Price extends Taxed {
  lines: PricedLine[];
  subtotal: bigint;
  /** Shipping included. */
  discount: bigint;
  /** Null where no method is chosen or the chosen one does not take it. */
  shipping: (PricedLine & { method: ShippingMethod; listAmount: bigint }) | null;
  discounts: AppliedDiscount[];
  /** Codes without effect, and why. */
  ineffective: { code: string; reason: string; unknown?: true }[];
  /** Whether every line and the shipping have a tax rate. */
  taxed: boolean;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);

const taxedBy = (rate: TaxRate | undefined, gross: bigint, discount: bigint): PricedLine => ({
  ...taxOf(gross, rate?.rateBasisPoints ?? 0),
  discount,
  rate,
});

/** Prices the basket. Promotions count one after the other in the order of `promotionKinds`, each on what is left. */
export function price(basket: Basket, book: PriceBook, now: Date): Price {
  const lists = basket.goods.map((good) => good.unitAmount * BigInt(good.quantity));
  const subtotal = sum(lists);
  const lefts = [...lists];
  const discounts: AppliedDiscount[] = [];
  const ineffective: Price['ineffective'] = [];
  const freeShipping: Promotion[] = [];

  const known = [...book.promotions]
    .filter((one) => basket.promotionCodes.includes(one.code))
    .sort(
      (a, b) => promotionKinds.indexOf(a.kind) - promotionKinds.indexOf(b.kind) || (a.code < b.code ? -1 : 1),
    );
  for (const code of basket.promotionCodes)
    if (!known.some((one) => one.code === code))
      ineffective.push({ code, reason: `${code} is not a code of ours.`, unknown: true });
  for (const promotion of known) {
    const moment = {
      now,
      currencyCode: basket.currencyCode,
      subtotal,
      usedByCustomer: promotion.usedByCustomer,
    };
    const reason = whyNotApplicable(promotion, moment);
    if (reason) ineffective.push({ code: promotion.code, reason });
    else if (promotion.kind === 'FREE_SHIPPING') freeShipping.push(promotion);
    else {
      const parts = discountOf(
        promotion,
        basket.goods.map((good, i) => ({ ...good, left: lefts[i] ?? 0n })),
      );
      const amount = sum(parts);
      if (amount === 0n)
        ineffective.push({
          code: promotion.code,
          reason: `${promotion.code} counts for none of these articles.`,
        });
      else discounts.push({ promotionId: promotion.id, code: promotion.code, name: promotion.name, amount });
      parts.forEach((part, i) => (lefts[i] = (lefts[i] ?? 0n) - part));
    }
  }

  const lines = basket.goods.map((good, i) =>
    taxedBy(rateFor(book.taxRates, good.taxCategory), lefts[i] ?? 0n, (lists[i] ?? 0n) - (lefts[i] ?? 0n)),
  );
  const shipping = priceShipping(basket, book, sum(lefts), freeShipping, discounts);
  const parts = shipping ? [...lines, shipping] : lines;
  return {
    lines,
    subtotal,
    discount: sum(parts.map((part) => part.discount)),
    shipping,
    discounts,
    ineffective,
    net: sum(parts.map((part) => part.net)),
    tax: sum(parts.map((part) => part.tax)),
    gross: sum(parts.map((part) => part.gross)),
    taxed: basket.country !== null && parts.every((part) => part.rate !== undefined),
  };
}

export const weightOf = (goods: readonly Good[]): number =>
  goods.reduce((grams, good) => grams + good.weightGrams * good.quantity, 0);

function priceShipping(
  basket: Basket,
  book: PriceBook,
  value: bigint,
  freeShipping: readonly Promotion[],
  discounts: AppliedDiscount[],
): Price['shipping'] {
  const method = book.shippingMethods.find((one) => one.id === basket.shippingMethodId);
  if (!method || basket.country === null) return null;
  const { country, currencyCode } = basket;
  const listAmount = shippingPrice(method, {
    country,
    currencyCode,
    weightGrams: weightOf(basket.goods),
    value,
  });
  if (listAmount === null) return null;
  const [first] = freeShipping;
  if (first)
    discounts.push({ promotionId: first.id, code: first.code, name: first.name, amount: listAmount });
  const left = first ? 0n : listAmount;
  return {
    ...taxedBy(rateFor(book.taxRates, method.taxCategory), left, listAmount - left),
    method,
    listAmount,
  };
}

/** The methods that take the basket, with what they would cost. */
export function shippingOptions(
  basket: Basket,
  book: PriceBook,
  value: bigint,
): { shippingMethod: ShippingMethod; price: bigint }[] {
  const { country, currencyCode } = basket;
  if (country === null) return [];
  const parcel = { country, currencyCode, weightGrams: weightOf(basket.goods), value };
  return book.shippingMethods.flatMap((shippingMethod) => {
    const amount = shippingPrice(shippingMethod, parcel);
    return amount === null ? [] : [{ shippingMethod, price: amount }];
  });
}
