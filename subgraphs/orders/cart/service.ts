import { conflict, invalidInput, Refused, versionConflict } from '../../shared/errors.js';
import { emit, event } from '../../shared/events/outbox.js';
import { claimOnce, type IdempotentCall } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { requireCustomer } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { offersFor } from '../goods/service.js';
import { priceOfCart } from '../pricing/service.js';
import {
  cartLifeMs,
  changesOf,
  emptyCart,
  fitted,
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
import { closeCart, expireCarts, findOpenCarts, saveCart } from './store.js';

export interface CartResult {
  cart: Cart;
  warnings: CartWarning[];
}

/** The customer's open cart. */
export async function findCart(ctx: Context, customerId: string): Promise<Cart | null> {
  return (await findOpenCarts(ctx.db, [customerId])).get(customerId) ?? null;
}

/** A customer's open cart, as part of what may be a list: the carts of several are read in one statement. */
export const cartOfCustomer = (ctx: Context, customerId: string): Promise<Cart | null> =>
  ctx.loaders.carts.load(customerId);

/** Another change was first: what was decided must be decided anew. */
class CartChanged extends Error {}

export interface Change {
  /** What the cart is to have in it; what it has when absent. */
  quantities?: (cart: Cart) => Quantity[];
  /** Variants that the customer named: they must be for sale. */
  named?: readonly string[];
  /** Everything else that changes. */
  patch?: (cart: Cart) => Promise<Partial<Cart>>;
  expectedVersion?: number | null | undefined;
  /** Noted with the change, so that it is made once; a repeat gets the cart as it is and the warnings of then. */
  once?: IdempotentCall;
}

const attempts = 5;

/** Decides on the cart as it is, checks it against catalog and inventory, and writes it if it is still so then. */
export async function changeCart(ctx: Context, change: Change): Promise<CartResult> {
  const customerId = requireCustomer(ctx.viewer);
  for (let attempt = 1; ; attempt += 1) {
    const now = ctx.clock();
    const before = await cartToChange(ctx, customerId, now);
    const { expectedVersion } = change;
    if (expectedVersion != null && expectedVersion !== before.version)
      throw new Refused(versionConflict(expectedVersion, before.version));
    const wanted = change.quantities?.(before) ?? before.lines;
    if (wanted.length > maxLines)
      throw new Refused(invalidInput(`A cart has at most ${maxLines} different articles.`, ['lines']));
    const offers = await offersFor(
      ctx,
      wanted.map((line) => line.variantId),
      before.currencyCode,
    );
    refuseUnavailable(change.named ?? [], offers);
    const { lines, warnings } = fitted(before, wanted, offers, ctx.newId);
    const after: Cart = {
      ...before,
      ...(await change.patch?.(before)),
      lines,
      version: before.version + 1,
      updatedAt: now,
      expiresAt: new Date(now.getTime() + cartLifeMs),
    };
    try {
      return await transact(ctx, async (inner) => {
        const claim = change.once && (await claimOnce(inner, change.once, { warnings }));
        if (claim?.repeated)
          return { cart: (await findCart(inner, customerId)) ?? before, warnings: claim.start.warnings };
        if (!(await saveCart(inner.db, before, after))) throw new CartChanged();
        await emitChanges(inner, before, after);
        return { cart: after, warnings };
      });
    } catch (error) {
      if (!(error instanceof CartChanged) || attempt === attempts) throw error;
    }
  }
}

/** The open cart or a new one. An empty one takes the request's currency; one with prices in it keeps its own. */
async function cartToChange(ctx: Context, customerId: string, now: Date): Promise<Cart> {
  const cart = await findCart(ctx, customerId);
  if (!cart) return emptyCart(ctx.newId(), customerId, ctx.currencyCode, now);
  return cart.lines.length === 0 ? { ...cart, currencyCode: ctx.currencyCode } : cart;
}

function refuseUnavailable(
  named: readonly string[],
  offers: ReadonlyMap<string, { unitAmount: bigint | null }>,
): void {
  const errors = named.flatMap((id, i) =>
    offers.get(id)?.unitAmount == null
      ? [conflict('VARIANT_UNAVAILABLE', 'This article is not for sale.', ['lines', String(i), 'variantId'])]
      : [],
  );
  if (errors.length > 0) throw new Refused(...errors);
}

async function emitChanges(ctx: Context, before: Cart, after: Cart): Promise<void> {
  const { id: cartId, customerId } = after;
  const news = changesOf(before, after).map(({ variantId, productId, quantity }) =>
    event(quantity > 0 ? 'ProductAddedToCart' : 'ProductRemovedFromCart', cartId, {
      cartId,
      customerId,
      variantId,
      productId,
      quantity: Math.abs(quantity),
    }),
  );
  await emit(ctx, ...news);
}

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
  const { ineffective, shipping } = await priceOfCart(ctx, cart);
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
  return saveCart(ctx.db, before, { ...before, lines, version: before.version + 1, updatedAt: ctx.clock() });
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
  if (!(await closeCart(ctx.db, from, 'MERGED')) || !(await saveCart(ctx.db, before, after)))
    throw new Error(`The carts of ${guestId} and ${customerId} changed while they were merged.`);
  return after;
}
