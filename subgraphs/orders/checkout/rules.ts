/** Checkout: whether what is to be bought can become an order, and the order that it becomes. */
import { conflict, type UserError } from '../../shared/errors.js';
import { fromDecimal, money } from '../../shared/money.js';
import type { Cart, Offer, Quantity } from '../cart/rules.js';
import type { Delivery } from '../order/address.js';
import type { Order, OrderItem } from '../order/rules.js';
import { deliveryDates } from '../shipping-method/delivery-dates.js';
import type { Good, Price } from '../pricing/rules.js';

const minute = 60_000;
/** Stock is held a little longer than an order waits for its payment: a payment that ends at the deadline still finds it. */
export const holdMarginMs = 5 * minute;
/** Unpaid orders per customer, against those who hold stock without buying. */
export const maxOpenOrders = 10;

type Article = Omit<Offer, 'available'>;

/** What is to be ordered, by whoever it was put together. */
export interface Purchase {
  customerId: string;
  guest: boolean;
  currencyCode: string;
  lines: readonly Quantity[];
  delivery: Delivery;
  shippingMethodId: string | null;
  promotionCodes: string[];
  /** What the customer was shown, a decimal; null: not to be compared. */
  expectedTotal: string | null;
  /** The cart that becomes the order, with the prices that its customer has seen; null: nobody was shown any. */
  cart: Cart | null;
  /** The member of staff who places it for the customer. */
  placedBy: string | null;
  /** Null: now. */
  placedAt: Date | null;
  notifyCustomer: boolean;
}

/** What is missing before the cart can be ordered. */
export function incompleteness(cart: Cart, delivery: Delivery): UserError[] {
  if (cart.lines.length === 0) return [conflict('CART_EMPTY', 'There is nothing in the cart.')];
  const missing = [
    ...(delivery.email === null ? ['an e-mail address'] : []),
    ...(delivery.shippingAddress === null ? ['a shipping address'] : []),
    ...(cart.shippingMethodId === null ? ['a way of shipping'] : []),
  ];
  return missing.length === 0
    ? []
    : [conflict('DELIVERY_INCOMPLETE', `Still needed: ${missing.join(', ')}. Set it with setCartDelivery.`)];
}

/** Articles that are not for sale any more. */
export const unavailable = ({ cart, lines }: Purchase, articles: ReadonlyMap<string, Article>): UserError[] =>
  lines
    .filter(({ variantId }) => articles.get(variantId)?.unitAmount == null)
    .map(({ variantId }) =>
      cart
        ? conflict('VARIANT_UNAVAILABLE', 'An article is not for sale any more: take it out of the cart.')
        : conflict('VARIANT_UNAVAILABLE', `Article ${variantId} is not for sale.`, ['lines']),
    );

/** Articles whose price is not the one that the cart shows. */
export const priceChanges = (cart: Cart, articles: ReadonlyMap<string, Article>): UserError[] =>
  cart.lines.flatMap((line) => {
    const current = articles.get(line.variantId)?.unitAmount ?? line.unitAmount;
    if (current === line.unitAmount) return [];
    return [
      {
        __typename: 'PriceChangedError',
        code: 'PRICE_CHANGED',
        message: 'The price of an article has changed: look at the cart and place the order anew.',
        variant: { id: line.variantId },
        previousPrice: money(line.unitAmount, cart.currencyCode),
        currentPrice: money(current, cart.currencyCode),
      },
    ];
  });

/** The lines with today's facts; all must be for sale. */
export const refreshed = <Line extends Quantity>(
  lines: readonly Line[],
  articles: ReadonlyMap<string, Article>,
): (Line & Good & { productId: string })[] =>
  lines.map((line) => {
    const article = articles.get(line.variantId);
    if (article?.unitAmount == null) throw new Error(`Variant ${line.variantId} has no price.`);
    const { unitAmount, taxCategory, weightGrams, categoryIds, productId } = article;
    return { ...line, unitAmount, taxCategory, weightGrams, categoryIds, productId };
  });

/** What stands against the price. */
export function priceRefusals(price: Price, openOrders: number): UserError[] {
  const errors = price.ineffective.map(({ reason }) => conflict('PROMOTION_NOT_APPLICABLE', reason));
  if (!price.shipping)
    errors.push(conflict('SHIPPING_UNAVAILABLE', 'The chosen way of shipping does not take this cart.'));
  else if (!price.taxed)
    errors.push(
      conflict(
        'NO_TAX_RATE',
        'The shop has no tax rate for this country, or none without a known state or province, and does not sell there.',
      ),
    );
  if (openOrders >= maxOpenOrders)
    errors.push(conflict('TOO_MANY_OPEN_ORDERS', 'Pay or cancel the orders that are open first.'));
  return errors;
}

/** The total is not the one that the customer was shown: a tax, a way of shipping or a promotion has changed. */
export function totalChanged({ expectedTotal, currencyCode }: Purchase, gross: bigint): UserError[] {
  if (expectedTotal === null || fromDecimal(expectedTotal, currencyCode) === gross) return [];
  return [
    {
      __typename: 'TotalChangedError',
      code: 'TOTAL_CHANGED',
      message: 'The total has changed: look at the cart and place the order anew.',
      field: ['expectedTotal'],
      currentTotal: money(gross, currencyCode),
    },
  ];
}

export const insufficientStock = (variantId: string, requested: number, available: number): UserError => ({
  __typename: 'InsufficientStockError',
  code: 'INSUFFICIENT_STOCK',
  message: available === 0 ? 'An article is sold out.' : `There are only ${available} of an article.`,
  variant: { id: variantId },
  requested,
  available,
});

/** Pieces of an article that wait for stock. */
export interface WaitingPieces {
  variantId: string;
  quantity: number;
  expectedAt: Date | null;
}

export interface OrderParts {
  id: string;
  number: string;
  locale: string;
  sealed: Order['sealed'];
  createdAt: Date;
  paymentDueAt: Date;
  taxIncluded: boolean;
  timeZone: string;
  /** What was reserved that the shop does not have yet. */
  waiting: readonly WaitingPieces[];
}

/** The order with everything pinned. One that costs nothing is paid at once. */
export function orderFrom(
  purchase: Purchase,
  articles: ReadonlyMap<string, Article>,
  price: Price,
  parts: OrderParts,
  newId: () => string,
): Order {
  const { shipping } = price;
  if (!shipping) throw new Error('An order needs a way of shipping.');
  const items = refreshed(purchase.lines, articles).map((line, i): OrderItem => {
    const article = articles.get(line.variantId);
    const priced = price.lines[i];
    if (!article || !priced) throw new Error(`Variant ${line.variantId} has no price.`);
    const { sku, name, imageUrl, attributes, minimumAge } = article;
    const waits = parts.waiting.find(({ variantId }) => variantId === line.variantId);
    return {
      ...{
        id: newId(),
        variantId: line.variantId,
        productId: line.productId,
        sku,
        name,
        imageUrl,
        attributes,
        minimumAge,
      },
      ...{ quantity: line.quantity, cancelledQuantity: 0, shippedQuantity: 0, weightGrams: line.weightGrams },
      ...{ backorderedQuantity: waits?.quantity ?? 0, expectedAt: waits?.expectedAt ?? null, stockSeq: 0 },
      ...{ unitAmount: line.unitAmount, discount: priced.discount },
      ...{ net: priced.net, tax: priced.tax, gross: priced.gross },
      ...{ taxCategory: line.taxCategory, taxRatePpm: priced.rate?.ratePpm ?? 0 },
      taxName: priced.rate?.name ?? '',
    };
  });
  const { method } = shipping;
  const { timeZone, waiting: _waiting, ...given } = parts;
  const free = price.gross === 0n;
  const { customerId, guest, currencyCode, placedBy, notifyCustomer } = purchase;
  const placedAt = purchase.placedAt ?? parts.createdAt;
  const placed = { id: newId(), kind: 'PLACED' as const, at: placedAt };
  return {
    ...given,
    ...{ customerId, guest, currencyCode, placedAt, placedBy, notifyCustomer },
    orderState: free ? 'CONFIRMED' : 'PENDING',
    paymentState: free ? 'PAID' : 'NONE',
    fulfilmentState: 'NONE',
    version: 1,
    items,
    shipping: {
      ...{ methodId: method.id, name: method.name, carrier: method.carrier },
      ...{ estimatedDaysMin: method.estimatedDaysMin, estimatedDaysMax: method.estimatedDaysMax },
      estimatedDelivery: deliveryDates(method, parts.createdAt, timeZone),
      ...{ taxRatePpm: shipping.rate?.ratePpm ?? 0, taxName: shipping.rate?.name ?? '' },
      ...{ discount: shipping.discount, net: shipping.net, tax: shipping.tax, gross: shipping.gross },
    },
    ...{ discounts: price.discounts, subtotal: price.subtotal, discount: price.discount },
    ...{ net: price.net, tax: price.tax, gross: price.gross },
    ...{ cancelledAmount: 0n, paidAmount: 0n, refundedAmount: 0n },
    paymentDueAt: free ? null : parts.paymentDueAt,
    payments: [],
    refunds: [],
    shipments: [],
    steps: free ? [placed, { id: newId(), kind: 'PAID', at: parts.createdAt }] : [placed],
    returns: [],
    notes: [],
  };
}
