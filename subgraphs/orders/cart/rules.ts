/** A cart: what a customer is about to buy. One is open per customer. */
import type { TaxCategory } from '../tax/rules.js';

export const maxLines = 100;
/** What a cart can grow to by the carts of guests that are merged into it. */
export const maxMergedLines = 1_000;
export const maxQuantity = 1_000;
export const maxPromotionCodes = 5;

export interface CartLine {
  id: string;
  variantId: string;
  productId: string;
  quantity: number;
  /** Of one piece, tax included, as last shown to the customer; minor units. */
  unitAmount: bigint;
  taxCategory: TaxCategory;
  weightGrams: number;
  categoryIds: string[];
}

/** Personal texts as they stand in the table: sealed with the customer's key. */
export interface SealedDelivery {
  email: Uint8Array | null;
  shippingAddress: Uint8Array | null;
  billingAddress: Uint8Array | null;
}

export interface Cart {
  id: string;
  customerId: string;
  /** 0: not written yet. */
  version: number;
  currencyCode: string;
  lines: CartLine[];
  sealed: SealedDelivery;
  shippingMethodId: string | null;
  promotionCodes: string[];
  /** What the customer is to be told with the next change. */
  notices: CartWarning[];
  updatedAt: Date;
  expiresAt: Date;
}

/** What catalog and inventory say about a variant now. */
export interface Offer {
  variantId: string;
  productId: string;
  sku: string;
  name: string;
  /** Null: not for sale, or not in the cart's currency. */
  unitAmount: bigint | null;
  taxCategory: TaxCategory;
  weightGrams: number;
  imageUrl: string | null;
  attributes: Record<string, unknown>;
  /** Its category and all above. */
  categoryIds: string[];
  /** How old a buyer must be, in years; null: of any age. */
  minimumAge: number | null;
  available: number;
}

/** Amounts are digits of minor units: warnings are kept with the outcome, as JSON. */
export type CartWarning =
  | { kind: 'PRICE_CHANGED'; variantId: string; previous: string; current: string; currencyCode: string }
  | { kind: 'QUANTITY_REDUCED'; variantId: string; requested: number; quantity: number }
  | { kind: 'VARIANT_UNAVAILABLE'; variantId: string }
  | { kind: 'PROMOTION_NOT_APPLICABLE'; code: string; reason: string }
  | { kind: 'SHIPPING_UNAVAILABLE' };

export interface Quantity {
  variantId: string;
  quantity: number;
}

/** One entry per variant; the same one twice counts together. */
export function summed(lines: readonly Quantity[]): Quantity[] {
  const sums = new Map<string, number>();
  for (const { variantId, quantity } of lines) sums.set(variantId, (sums.get(variantId) ?? 0) + quantity);
  return [...sums].map(([variantId, quantity]) => ({ variantId, quantity }));
}

/** The quantities that the cart would have with `more` put in. */
export const withAdded = (cart: Cart, more: readonly Quantity[]): Quantity[] =>
  summed([...cart.lines, ...more]);

/** The quantities that the cart would have with those of `set` set; 0 removes. */
export function withSet(cart: Cart, set: readonly Quantity[]): Quantity[] {
  const named = new Map(summed(set).map((line) => [line.variantId, line.quantity]));
  const kept = cart.lines.map(({ variantId, quantity }) => ({
    variantId,
    quantity: named.get(variantId) ?? quantity,
  }));
  const added = [...named].filter(([id]) => !cart.lines.some((line) => line.variantId === id));
  return [...kept, ...added.map(([variantId, quantity]) => ({ variantId, quantity }))].filter(
    (line) => line.quantity > 0,
  );
}

/**
 * The cart's lines for the wanted quantities as the offers allow: what is not for sale is left out, what is short goes
 * in as far as it goes, prices are today's; each of that with a warning.
 */
export function fitted(
  cart: Cart,
  wanted: readonly Quantity[],
  offers: ReadonlyMap<string, Offer>,
  newId: () => string,
): { lines: CartLine[]; warnings: CartWarning[] } {
  const lines: CartLine[] = [];
  const warnings: CartWarning[] = [];
  for (const { variantId, quantity: requested } of wanted) {
    const offer = offers.get(variantId);
    const old = cart.lines.find((line) => line.variantId === variantId);
    if (!offer || offer.unitAmount === null) {
      warnings.push({ kind: 'VARIANT_UNAVAILABLE', variantId });
      continue;
    }
    const quantity = Math.max(0, Math.min(requested, offer.available, maxQuantity));
    if (quantity < requested) warnings.push({ kind: 'QUANTITY_REDUCED', variantId, requested, quantity });
    if (quantity === 0) continue;
    const current = offer.unitAmount;
    if (old && old.unitAmount !== current) {
      const previous = old.unitAmount.toString();
      const { currencyCode } = cart;
      warnings.push({
        kind: 'PRICE_CHANGED',
        variantId,
        previous,
        current: current.toString(),
        currencyCode,
      });
    }
    const { productId, taxCategory, weightGrams, categoryIds } = offer;
    lines.push({
      id: old?.id ?? newId(),
      variantId,
      productId,
      quantity,
      unitAmount: current,
      taxCategory,
      weightGrams,
      categoryIds,
    });
  }
  return { lines, warnings };
}

/** How many pieces of each variant came in (positive) or went out (negative), for the events. */
export function changesOf(before: Cart, after: Cart): (Quantity & { productId: string })[] {
  const ids = new Set([...before.lines, ...after.lines].map((line) => line.variantId));
  return [...ids].flatMap((variantId) => {
    const old = before.lines.find((line) => line.variantId === variantId);
    const now = after.lines.find((line) => line.variantId === variantId);
    const quantity = (now?.quantity ?? 0) - (old?.quantity ?? 0);
    const productId = (now ?? old)?.productId ?? '';
    return quantity === 0 ? [] : [{ variantId, productId, quantity }];
  });
}

const day = 86_400_000;
/** A cart that nobody touches for so long is given up. */
export const cartLifeMs = 60 * day;

export function emptyCart(id: string, customerId: string, currencyCode: string, now: Date): Cart {
  return {
    id,
    customerId,
    version: 0,
    currencyCode,
    lines: [],
    sealed: { email: null, shippingAddress: null, billingAddress: null },
    shippingMethodId: null,
    promotionCodes: [],
    notices: [],
    updatedAt: now,
    expiresAt: new Date(now.getTime() + cartLifeMs),
  };
}

/** Whether the guest's prices are in another currency than those that the cart has: then they must be asked for. */
export const needsPrices = (cart: Cart, guest: Cart): boolean =>
  cart.lines.length > 0 && guest.lines.length > 0 && cart.currencyCode !== guest.currencyCode;

/**
 * The cart with a guest's put in; `sealed` is the guest's delivery under this cart's key, `prices` what the guest's articles
 * cost in the cart's currency where they are in another. No line is lost but those that are not sold in that currency; that,
 * and quantities over what a line can have, is told in `notices`.
 */
export function merge(
  cart: Cart,
  guest: Cart,
  sealed: SealedDelivery,
  prices: ReadonlyMap<string, bigint | null>,
  newId: () => string,
): Cart {
  const { currencyCode } = cart.lines.length === 0 && guest.lines.length > 0 ? guest : cart;
  const lines = [...cart.lines];
  const notices = [...cart.notices, ...guest.notices];
  for (const line of guest.lines) {
    const { variantId } = line;
    const unitAmount = guest.currencyCode === currencyCode ? line.unitAmount : prices.get(variantId);
    const i = lines.findIndex((one) => one.variantId === variantId);
    const own = lines[i];
    if (own) {
      const requested = own.quantity + line.quantity;
      const quantity = Math.min(requested, maxQuantity);
      if (quantity < requested) notices.push({ kind: 'QUANTITY_REDUCED', variantId, requested, quantity });
      lines[i] = { ...own, quantity };
    } else if (unitAmount == null) notices.push({ kind: 'VARIANT_UNAVAILABLE', variantId });
    else if (lines.length < maxMergedLines) lines.push({ ...line, unitAmount, id: newId() });
    else notices.push({ kind: 'QUANTITY_REDUCED', variantId, requested: line.quantity, quantity: 0 });
  }
  return {
    ...{ ...cart, currencyCode, lines, notices },
    sealed: {
      email: cart.sealed.email ?? sealed.email,
      shippingAddress: cart.sealed.shippingAddress ?? sealed.shippingAddress,
      billingAddress: cart.sealed.billingAddress ?? sealed.billingAddress,
    },
    shippingMethodId: cart.shippingMethodId ?? guest.shippingMethodId,
    promotionCodes: [...new Set([...cart.promotionCodes, ...guest.promotionCodes])].slice(
      0,
      maxPromotionCodes,
    ),
  };
}
