/** Changing a cart: decided on the cart as it is, written if it is still so then, noted under the key if there is one. */
import { conflict, invalidInput, Refused, versionConflict, type UserError } from '../../shared/errors.js';
import { consequences } from '../../shared/events/consequences.js';
import { event, type NewEvent } from '../../shared/events/outbox.js';
import {
  claimedRow,
  claimOnce,
  outcomeOf,
  Undecided,
  type IdempotentCall,
} from '../../shared/idempotency.js';
import { transact, transactOne } from '../../shared/transaction.js';
import { createTurns } from '../../shared/turns.js';
import { requireCustomer } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { offersFor } from '../goods/service.js';
import {
  cartLifeMs,
  changesOf,
  emptyCart,
  fitted,
  maxLines,
  type Cart,
  type CartWarning,
  type Quantity,
} from './rules.js';
import { findOpenCarts, saveCart } from './store.js';

export interface CartResult {
  cart: Cart;
  warnings: CartWarning[];
}

const openCart = async (ctx: Context, customerId: string): Promise<Cart | null> =>
  (await findOpenCarts(ctx.db, [customerId])).get(customerId) ?? null;

/** Another change was first: what was decided must be decided anew. */
class CartChanged extends Error {}

export interface Change {
  /** What the cart is to have in it. When absent its lines stay as they are, prices too: placeOrder looks at them anew. */
  quantities?: (cart: Cart) => Quantity[];
  /** Variants that the customer named: they must be for sale. */
  named?: readonly string[];
  /** Everything else that changes. */
  patch?: (cart: Cart) => Promise<Partial<Cart>>;
  expectedVersion?: number | null | undefined;
  /** Noted with the change, so that it is made once; a repeat gets the cart as it is and the warnings of then. */
  once?: IdempotentCall;
}

/** Against other processes; within this one the changes of a cart wait for their turn. */
const attempts = 10;
const turns = createTurns();

/** Decides on the cart as it is and writes the decision if the cart is still so then; otherwise decides anew. */
export async function changeCart(ctx: Context, change: Change): Promise<CartResult> {
  const customerId = requireCustomer(ctx.viewer);
  return turns.take(customerId, async () => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      try {
        return await tryToChange(ctx, customerId, change);
      } catch (error) {
        if (error instanceof Refused && change.once) return keptRefusal(ctx, customerId, change.once, error);
        if (!(error instanceof CartChanged)) throw error;
      }
    }
    throw new Undecided(conflict('TRY_AGAIN', 'The cart is being changed by others: try again.'));
  });
}

async function tryToChange(ctx: Context, customerId: string, change: Change): Promise<CartResult> {
  const now = ctx.clock();
  const before = await cartToChange(ctx, customerId, now);
  const { expectedVersion, quantities, named = [], once } = change;
  if (expectedVersion != null && expectedVersion !== before.version)
    throw new Refused(versionConflict(expectedVersion, before.version));
  const fitting = quantities ? await fit(ctx, before, quantities(before), named) : null;
  const lines = fitting?.lines ?? before.lines;
  const warnings = [...before.notices, ...(fitting?.warnings ?? [])];
  const after: Cart = {
    ...before,
    ...(await change.patch?.(before)),
    ...{ lines, notices: [] },
    version: before.version + 1,
    updatedAt: now,
    expiresAt: new Date(now.getTime() + cartLifeMs),
  };
  // A claim without the change has to be rolled back; the change alone is one statement.
  const run = once ? transact : transactOne;
  const saved = await run(ctx, async (inner) => {
    const follows = consequences(inner, { events: newsOf(before, after) });
    const claim = once && { claimed: claimedRow(inner, once, { warnings }) };
    const outcome = await saveCart(inner.db, before, after, { follows, ...claim });
    if (outcome === 'CHANGED') throw new CartChanged();
    if (outcome === 'MERGED') throw new Refused(goneToAccount);
    return outcome === 'SAVED';
  });
  return saved || !once ? { cart: after, warnings } : repeatOf(ctx, customerId, once);
}

const goneToAccount = conflict(
  'CART_MERGED',
  'This cart went to the account that was signed in to: go on with the session of that account.',
);

/** What stands under the key of a change: its warnings, or why it was refused. */
type Outcome = { warnings: CartWarning[]; refused?: never } | { refused: UserError[] };

/** The cart as it is, with what was answered when the key was used first. */
async function repeatOf(ctx: Context, customerId: string, once: IdempotentCall): Promise<CartResult> {
  return answer(ctx, customerId, await outcomeOf<Outcome>(ctx.db, once));
}

/** A refusal is an outcome too; a twin that went through answers for this call as well. */
async function keptRefusal(
  ctx: Context,
  customerId: string,
  once: IdempotentCall,
  { userErrors }: Refused,
): Promise<CartResult> {
  const { start } = await claimOnce<Outcome>(ctx, once, { refused: userErrors });
  return answer(ctx, customerId, start);
}

async function answer(ctx: Context, customerId: string, outcome: Outcome): Promise<CartResult> {
  if (outcome.refused) throw new Refused(...outcome.refused);
  const cart = await openCart(ctx, customerId);
  const { warnings } = outcome;
  return { cart: cart ?? emptyCart(ctx.newId(), customerId, ctx.currencyCode, ctx.clock()), warnings };
}

/** The lines for the wanted quantities, checked against catalog and inventory. */
async function fit(
  ctx: Context,
  cart: Cart,
  wanted: Quantity[],
  named: readonly string[],
): Promise<ReturnType<typeof fitted>> {
  // One that a guest's was merged into may have more already, and become smaller.
  if (wanted.length > maxLines && wanted.length > cart.lines.length)
    throw new Refused(invalidInput(`A cart has at most ${maxLines} different articles.`, ['lines']));
  const ids = wanted.map((line) => line.variantId);
  const offers = await offersFor(ctx, ids, cart.currencyCode);
  refuseUnavailable(named, offers);
  return fitted(cart, wanted, offers, ctx.newId);
}

/** The open cart or a new one. An empty one takes the request's currency; one with prices in it keeps its own. */
async function cartToChange(ctx: Context, customerId: string, now: Date): Promise<Cart> {
  const cart = await openCart(ctx, customerId);
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

function newsOf(before: Cart, after: Cart): NewEvent[] {
  const { id: cartId, customerId } = after;
  return changesOf(before, after).map(({ variantId, productId, quantity }) =>
    event(quantity > 0 ? 'ProductAddedToCart' : 'ProductRemovedFromCart', cartId, {
      cartId,
      customerId,
      variantId,
      productId,
      quantity: Math.abs(quantity),
    }),
  );
}
