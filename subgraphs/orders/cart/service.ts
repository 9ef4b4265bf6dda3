import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import type { Fragment } from '../../shared/events/consequences.js';
import { isId } from '../../shared/ids.js';
import { requireCustomer } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { discountedCart } from '../pricing/service.js';
import { articlesFor, offersFor } from '../goods/service.js';
import { changeCart, type CartResult } from './change.js';
import {
  cartLifeMs,
  emptyCart,
  fitted,
  maxLines,
  maxQuantity,
  merge,
  needsPrices,
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
  expectedVersion?: number | null | undefined;
}

/** Puts articles in; once per key. Short ones as far as they go, with a warning. */
export async function addToCart(
  ctx: Context,
  { idempotencyKey, lines, expectedVersion }: AddToCart,
): Promise<CartResult> {
  const owner = requireCustomer(ctx.viewer);
  checkLines(lines, 1);
  const result = await changeCart(ctx, {
    quantities: (cart) => withAdded(cart, lines),
    named: lines.map((line) => line.variantId),
    expectedVersion,
    once: {
      ...{ owner, operation: 'addToCart', key: idempotencyKey },
      input: expectedVersion == null ? lines : { lines, expectedVersion },
    },
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

/** What the customer should know of the cart as it stands: prices and stock that moved since, and what a merge left. */
export async function warningsOf(ctx: Context, cart: Cart): Promise<CartWarning[]> {
  const offers = await offersFor(
    ctx,
    cart.lines.map((line) => line.variantId),
    cart.currencyCode,
  );
  const { warnings } = fitted(cart, cart.lines, offers, ctx.newId);
  return (await withPriceWarnings(ctx, { cart, warnings: [...cart.notices, ...warnings] })).warnings;
}

/** What the guest's articles cost in the currency of the customer's cart, where that has prices in another. */
export async function pricesForMerge(
  ctx: Context,
  guestId: string,
  customerId: string,
): Promise<Map<string, bigint | null>> {
  const carts = await findOpenCarts(ctx.db, [guestId, customerId]);
  const [guest, own] = [carts.get(guestId), carts.get(customerId)];
  if (!guest || !own || !needsPrices(own, guest)) return new Map();
  const ids = guest.lines.map((line) => line.variantId);
  const articles = await articlesFor(ctx, ids, own.currencyCode);
  return new Map(ids.map((id) => [id, articles.get(id)?.unitAmount ?? null]));
}

const mergeAttempts = 5;

/**
 * Puts a guest's open cart into the customer's, in the caller's transaction: quantities add up, what the customer had
 * said of delivery stays, and what only the guest said comes over, sealed anew by `reseal`. The customer's cart then; `null`
 * with `outdated` where the guest's has articles that `prices` had to know.
 */
export async function mergeCarts(
  ctx: Context,
  { guestId, customerId }: { guestId: string; customerId: string },
  prices: ReadonlyMap<string, bigint | null>,
  reseal: (from: Cart, to: Cart) => Cart['sealed'],
): Promise<{ cart: Cart | null; outdated: boolean }> {
  for (let attempt = 1; attempt <= mergeAttempts; attempt += 1) {
    const carts = await findOpenCarts(ctx.db, [guestId, customerId], 'lock');
    const from = carts.get(guestId);
    const own = carts.get(customerId);
    if (!from) return { cart: own ?? null, outdated: false };
    const before = own ?? emptyCart(ctx.newId(), customerId, from.currencyCode, ctx.clock());
    if (needsPrices(before, from) && !from.lines.every((line) => prices.has(line.variantId)))
      return { cart: null, outdated: true };
    const merged = merge(before, from, reseal(from, before), prices, ctx.newId);
    const [now, version] = [ctx.clock(), before.version + 1];
    const after = { ...merged, version, updatedAt: now, expiresAt: new Date(now.getTime() + cartLifeMs) };
    // Nobody changes a locked cart; only where there was none the customer may have got one just now.
    if ((await saveCart(ctx.db, before, after)) !== 'SAVED') continue;
    if (!(await closeCart(ctx.db, from, 'MERGED'))) throw new Error(`The cart of ${guestId} was not locked.`);
    return { cart: after, outdated: false };
  }
  throw new Error(`The cart of ${customerId} changed again and again while it was merged.`);
}
