import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import type { Fragment } from '../../shared/events/consequences.js';
import { isId } from '../../shared/ids.js';
import { requireCustomer } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { discountedCart } from '../pricing/service.js';
import { changeCart, type CartResult } from './change.js';
import {
  emptyCart,
  maxLines,
  maxQuantity,
  merge,
  summed,
  withAdded,
  withSet,
  type Cart,
  type CartWarning,
  type Quantity,
} from './rules.js';
import { closeCart, expireCarts, findOpenCartClaiming, findOpenCarts, saveCart } from './store.js';

/** The customer's open cart. */
export async function findCart(ctx: Context, customerId: string): Promise<Cart | null> {
  return (await findOpenCarts(ctx.db, [customerId])).get(customerId) ?? null;
}

/** The same, read by the statement that claims a key. */
export const findCartClaiming = (
  ctx: Context,
  customerId: string,
  claimed: Fragment,
): ReturnType<typeof findOpenCartClaiming> => findOpenCartClaiming(ctx.db, customerId, claimed);

/** A customer's open cart, as part of what may be a list: the carts of several are read in one statement. */
export const cartOfCustomer = (ctx: Context, customerId: string): Promise<Cart | null> =>
  ctx.loaders.carts.load(customerId);

/** The lines of an input; refused where an id or quantity cannot be right. */
function checkLines(lines: readonly Quantity[], least: 0 | 1): void {
  const errors = lines.flatMap(({ variantId, quantity }, i) => {
    const at = ['lines', String(i)];
    if (!isId(variantId))
      return [conflict('VARIANT_UNAVAILABLE', 'This article is not for sale.', [...at, 'variantId'])];
    if (quantity < least || quantity > maxQuantity)
      return [invalidInput(`A quantity is ${least} to ${maxQuantity}.`, [...at, 'quantity'])];
    return [];
  });
  if (lines.length === 0) errors.push(invalidInput('Name one article at least.', ['lines']));
  if (lines.length > maxLines) errors.push(invalidInput(`At most ${maxLines} lines at once.`, ['lines']));
  if (errors.length > 0) throw new Refused(...errors);
}

export interface AddToCart {
  idempotencyKey: string;
  lines: Quantity[];
}

/** Puts articles in; once per key. Short ones as far as they go, with a warning. */
export async function addToCart(ctx: Context, { idempotencyKey, lines }: AddToCart): Promise<CartResult> {
  const owner = requireCustomer(ctx.viewer);
  checkLines(lines, 1);
  const result = await changeCart(ctx, {
    quantities: (cart) => withAdded(cart, lines),
    named: lines.map((line) => line.variantId),
    once: { owner, operation: 'addToCart', key: idempotencyKey, input: lines },
  });
  return withPriceWarnings(ctx, result);
}

export interface SetCartLines {
  lines: Quantity[];
  expectedVersion?: number | null | undefined;
}

/** Sets quantities; running it twice comes to the same. */
export async function setCartLines(
  ctx: Context,
  { lines, expectedVersion }: SetCartLines,
): Promise<CartResult> {
  checkLines(lines, 0);
  const named = summed(lines).flatMap((line) => (line.quantity > 0 ? [line.variantId] : []));
  const quantities = (cart: Cart): Quantity[] => withSet(cart, lines);
  return withPriceWarnings(ctx, await changeCart(ctx, { quantities, named, expectedVersion }));
}

/** Adds what the customer should know of promotions and shipping. */
export async function withPriceWarnings(ctx: Context, { cart, warnings }: CartResult): Promise<CartResult> {
  if (cart.promotionCodes.length === 0 && cart.shippingMethodId === null) return { cart, warnings };
  const { ineffective, shipping } = await discountedCart(ctx, cart);
  const promotions = ineffective.map(({ code, reason }): CartWarning => ({
    kind: 'PROMOTION_NOT_APPLICABLE',
    code,
    reason,
  }));
  const lost: CartWarning[] =
    cart.shippingMethodId !== null && cart.sealed.shippingAddress !== null && shipping === null
      ? [{ kind: 'SHIPPING_UNAVAILABLE' }]
      : [];
  return { cart, warnings: [...warnings, ...promotions, ...lost] };
}

/** Shows new prices in a cart that is about to be ordered; false where it was changed meanwhile. */
export async function saveNewPrices(ctx: Context, before: Cart, lines: Cart['lines']): Promise<boolean> {
  const after = { ...before, lines, version: before.version + 1, updatedAt: ctx.clock() };
  return (await saveCart(ctx.db, before, after)) === 'SAVED';
}

/** Gives up carts that nobody touched. */
export async function expireOldCarts(ctx: Context): Promise<void> {
  await expireCarts(ctx.db, ctx.clock());
}

/**
 * Puts a guest's open cart into the customer's, in the caller's transaction: quantities add up, what the customer had
 * said of delivery stays, and what only the guest said comes over, sealed anew by `reseal`. The customer's cart then.
 */
export async function mergeCarts(
  ctx: Context,
  guestId: string,
  customerId: string,
  reseal: (from: Cart, to: Cart) => Cart['sealed'],
): Promise<Cart | null> {
  const carts = await findOpenCarts(ctx.db, [guestId, customerId], 'lock');
  const from = carts.get(guestId);
  const own = carts.get(customerId);
  if (!from) return own ?? null;
  const before = own ?? emptyCart(ctx.newId(), customerId, from.currencyCode, ctx.clock());
  const merged = merge(before, from, reseal(from, before), ctx.newId);
  const after = { ...merged, version: before.version + 1, updatedAt: ctx.clock() };
  if (!(await closeCart(ctx.db, from, 'MERGED')) || (await saveCart(ctx.db, before, after)) !== 'SAVED')
    throw new Error(`The carts of ${guestId} and ${customerId} changed while they were merged.`);
  return after;
}
