/** What goods cost: discounts, shipping and tax of a cart that may become an order. */
import { checkedAnswer, type PromotionAnswer, type PromotionQuestion } from '../promotion/port.js';
import type { Promotion } from '../promotion/rules.js';
import { shippingPrice, type ShippingMethod } from '../shipping-method/rules.js';
import type { ShippingZone } from '../shipping-zone/rules.js';
import type { Destination } from '../delivery/destination.js';
import type { TaxableLine } from '../tax/port.js';
import {
  taxOf,
  type AppliedTax,
  type TaxCategory,
  type Taxed,
  type TaxTable,
  type TaxTerms,
} from '../tax/rules.js';

/** What staff have set, as far as one cart needs it. */
export interface PriceBook {
  /** Of the country and region that the goods go to. */
  taxes: TaxTable;
  shippingMethods: ShippingMethod[];
  /** Of the country, those that the methods' prices name among them. */
  zones: Pick<ShippingZone, 'id' | 'areas'>[];
  /** Those whose codes the cart has and those that need none, with how often its customer used them. */
  promotions: (Promotion & { usedByCustomer: number })[];
}

export interface Good {
  variantId: string;
  quantity: number;
  /** Of one piece, with or without tax as prices in its currency are; minor units. */
  unitAmount: bigint;
  taxCategory: TaxCategory;
  weightGrams: number;
  /** The categories that it is in, with those above them. */
  categoryIds: string[];
}

export interface Basket {
  currencyCode: string;
  goods: Good[];
  promotionCodes: string[];
  /** Null as long as nobody has said where the goods go. */
  destination: Destination | null;
  shippingMethodId: string | null;
}

export interface PricedLine extends Taxed {
  discount: bigint;
  /** Undefined where there is no address or no rate for it: then tax is 0 and the price not final. */
  rate: AppliedTax | undefined;
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

/** A line or the shipping after discounts, before tax: as prices in its currency are. */
interface Reduced {
  list: bigint;
  left: bigint;
}

/** A basket with its discounts, whose taxes are still to be asked for. */
export interface Discounted {
  basket: Basket;
  lines: Reduced[];
  shipping: (Reduced & { method: ShippingMethod }) | null;
  discounts: AppliedDiscount[];
  ineffective: Price['ineffective'];
}

/** What the promotion port is asked. */
export const promotionQuestion = (
  { goods, currencyCode, promotionCodes: codes }: Basket,
  { promotions }: PriceBook,
  now: Date,
): PromotionQuestion => ({
  ...{ now, currencyCode, codes, promotions },
  lines: goods.map(({ variantId, categoryIds, quantity, unitAmount }) => ({
    ...{ variantId, categoryIds, quantity, unitAmount },
    left: unitAmount * BigInt(quantity),
  })),
});

/** Discounts and shipping of the basket, with what the promotion port answered to `question`. */
export function discounted(
  basket: Basket,
  book: PriceBook,
  question: PromotionQuestion,
  answer: PromotionAnswer,
): Discounted {
  const { reductions, freeShipping, ineffective } = checkedAnswer(question, answer);
  const lines = question.lines.map(({ left: list }, i): Reduced => ({
    list,
    left: list - sum(reductions.map((one) => one.lines[i] ?? 0n)),
  }));
  const discounts = reductions.map(({ promotionId, code, name, lines: amounts }): AppliedDiscount => ({
    ...{ promotionId, code, name },
    amount: sum(amounts),
  }));
  const shipping = shippingOf(basket, book, sum(lines.map((line) => line.left)), freeShipping !== null);
  const off = shipping ? shipping.list - shipping.left : 0n;
  if (freeShipping && off > 0n) {
    const { promotionId, code, name } = freeShipping;
    discounts.push({ promotionId, code, name, amount: off });
  }
  return { basket, lines, shipping, discounts, ineffective };
}

/** What the tax port is asked for: the lines in their order, the shipping last. */
export function taxableLines({ basket, lines, shipping }: Discounted): TaxableLine[] {
  const goods = basket.goods.map(({ variantId, taxCategory, quantity }, i) => ({
    ...{ variantId, taxCategory, quantity },
    amount: lines[i]?.left ?? 0n,
  }));
  if (!shipping) return goods;
  const { taxCategory } = shipping.method;
  return [...goods, { variantId: null, taxCategory, quantity: 1, amount: shipping.left }];
}

/** The price, with the taxes of `taxableLines`; they are unknown (empty) as long as nobody knows where the goods go. */
export function priced(of: Discounted, taxes: readonly (AppliedTax | null)[], terms: TaxTerms): Price {
  const taxed = ({ list, left }: Reduced, i: number): PricedLine => {
    const rate = taxes[i] ?? undefined;
    return { ...taxOf(left, rate?.ratePpm ?? 0, terms), discount: list - left, rate };
  };
  const lines = of.lines.map(taxed);
  const shipping = of.shipping && {
    ...taxed(of.shipping, lines.length),
    method: of.shipping.method,
    listAmount: of.shipping.list,
  };
  const parts = shipping ? [...lines, shipping] : lines;
  return {
    lines,
    subtotal: sum(of.lines.map((line) => line.list)),
    discount: sum(parts.map((part) => part.discount)),
    shipping,
    ...{ discounts: of.discounts, ineffective: of.ineffective },
    net: sum(parts.map((part) => part.net)),
    tax: sum(parts.map((part) => part.tax)),
    gross: sum(parts.map((part) => part.gross)),
    taxed: of.basket.destination !== null && parts.every((part) => part.rate !== undefined),
  };
}

export const weightOf = (goods: readonly Good[]): number =>
  goods.reduce((grams, good) => grams + good.weightGrams * good.quantity, 0);

/** The chosen way of shipping, if it takes the basket. */
function shippingOf(basket: Basket, book: PriceBook, value: bigint, free: boolean): Discounted['shipping'] {
  const option = shippingOptions(basket, book, value).find(
    ({ shippingMethod }) => shippingMethod.id === basket.shippingMethodId,
  );
  if (!option) return null;
  const { shippingMethod: method, price: list } = option;
  return { method, list, left: free ? 0n : list };
}

/** The methods that take the basket, with what they would cost; `value` is that of its articles after discounts. */
export function shippingOptions(
  { destination, currencyCode, goods }: Basket,
  book: PriceBook,
  value: bigint,
): { shippingMethod: ShippingMethod; price: bigint }[] {
  if (destination === null) return [];
  const parcel = { destination, currencyCode, weightGrams: weightOf(goods), value };
  return book.shippingMethods.flatMap((shippingMethod) => {
    const amount = shippingPrice(shippingMethod, parcel, book.zones);
    return amount === null ? [] : [{ shippingMethod, price: amount }];
  });
}
