/** The way from what is to be bought to the order, whoever put it together. */
import { conflict, refuse, Refused, type UserError } from '../../shared/errors.js';
import type { Consequences } from '../../shared/events/consequences.js';
import { event } from '../../shared/events/outbox.js';
import { transact, transactOne } from '../../shared/transaction.js';
import { saveNewPrices } from '../cart/service.js';
import type { Cart } from '../cart/rules.js';
import type { Context } from '../context.js';
import { ReleaseStockDocument, ReserveStockDocument } from '../operations/inventory.generated.js';
import { fromStored } from '../order/json.js';
import { orderNumber, randomBytesOfNumber } from '../order/number.js';
import type { Order } from '../order/rules.js';
import { readOrder, writePlacedOrder } from '../order/service.js';
import { orderPaid, paymentDueTimer, unpaidNewsTimer } from '../payment/rules.js';
import { redeemPromotions } from '../promotion/service.js';
import { held, piecesOf } from './held.js';
import { onSale, pinned, quote } from './quote.js';
import {
  holdMarginMs,
  orderFrom,
  priceChanges,
  priceRefusals,
  refreshed,
  totalChanged,
  type Purchase,
  type WaitingPieces,
} from './rules.js';
import { noteRefusal, type Claim, type Start } from './store.js';

/** What the key of an order that is placed is claimed with. */
export const newStart = (ctx: Context): Start => ({
  orderId: ctx.newId(),
  guestId: ctx.newId(),
  at: ctx.clock().toISOString(),
});

/**
 * Makes what `begin` gives an order, once per claim. The key is claimed first, with the order's id (`claimed`): repeats and
 * twins run the same steps for the same order, and a crash after any step leaves what a repeat finishes or what expires by
 * itself.
 */
export async function placeOnce(
  ctx: Context,
  claim: Claim,
  claimed: Start,
  begin: (start: Start) => Promise<Purchase>,
): Promise<{ order: Order }> {
  const start = fromStored<Start>(claimed);
  if (start.placed || start.refused) return { order: await outcomeOf(ctx, start) };
  try {
    return { order: await place(ctx, claim, start, begin) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { order: await outcomeOf(ctx, await noteRefusal(ctx.db, claim, error.userErrors)) };
  }
}

/** The order that was placed, or its refusal: then the stock that may have been reserved is let go. */
async function outcomeOf(ctx: Context, { orderId, placed, refused }: Start): Promise<Order> {
  const order = placed ? await readOrder(ctx, orderId) : null;
  if (order) return order;
  await ctx.call('inventory', ReleaseStockDocument, { input: { orderId } });
  throw new Refused(...(refused ?? []));
}

async function place(
  ctx: Context,
  claim: Claim,
  start: Start,
  begin: (start: Start) => Promise<Purchase>,
): Promise<Order> {
  const begun = new Date(start.at);
  const paymentDueAt = new Date(begun.getTime() + ctx.config.orders.paymentTimeMs);
  if (ctx.clock() >= paymentDueAt) throw new Refused(expired('This was begun too long ago.'));
  const purchase = await begin(start);
  const { articles, book } = await onSale(ctx, purchase);
  if (purchase.cart) await refuseNewPrices(ctx, purchase.cart, articles);
  const price = await quote(ctx, purchase, articles, book);
  // Staff may place as many as a customer asks for.
  refuse(priceRefusals(price, purchase.placedBy === null ? book.openOrders : 0));
  refuse(totalChanged(purchase, price.gross));
  const holdUntil = new Date(paymentDueAt.getTime() + holdMarginMs);
  const waiting = await reserve(ctx, start.orderId, purchase, holdUntil);
  const number = orderNumber(ctx.clock(), ctx.random(randomBytesOfNumber));
  const own = { id: start.orderId, number, locale: ctx.locale, paymentDueAt };
  const parts = await pinned(ctx, purchase, own);
  const order = orderFrom(purchase, articles, price, { ...parts, waiting }, ctx.newId);
  await write(ctx, claim, purchase.cart, order);
  return order;
}

/** Shows the cart's new prices instead of ordering at them. */
async function refuseNewPrices(
  ctx: Context,
  cart: Cart,
  articles: Parameters<typeof priceChanges>[1],
): Promise<void> {
  const changes = priceChanges(cart, articles);
  if (changes.length > 0) await saveNewPrices(ctx, cart, refreshed(cart.lines, articles));
  refuse(changes);
}

/** Reserves all of it; what of it the shop does not have yet. */
function reserve(
  ctx: Context,
  orderId: string,
  purchase: Purchase,
  holdUntil: Date,
): Promise<WaitingPieces[]> {
  const input = {
    ...{ orderId, holdUntil: holdUntil.toISOString(), ...piecesOf(purchase) },
    // What staff place for a customer counts for no cap.
    customerId: purchase.placedBy === null ? purchase.customerId : null,
  };
  const asked = ctx.call('inventory', ReserveStockDocument, { input });
  // It was reserved once and has lapsed since, or was let go, or too much is held for the customer.
  return held(
    asked.then(({ reserveStock }) => reserveStock),
    (userErrors) =>
      userErrors.map(({ code, message }) =>
        code === 'TOO_MANY_RESERVATIONS' ? conflict('TOO_MANY_OPEN_ORDERS', message) : expired(message),
      ),
  );
}

const expired = (message: string): UserError =>
  conflict('CHECKOUT_EXPIRED', `${message} Place the order with a new key.`);

/** Order, closed cart if there is one, redeemed promotions, events and timer, all or nothing. */
async function write(ctx: Context, claim: Claim, cart: Cart | null, order: Order): Promise<void> {
  const run = order.discounts.length > 0 ? transact : transactOne;
  await run(ctx, async (inner) => {
    if (!(await writePlacedOrder(inner, { order, cart, claim }, followsFrom(inner, order))))
      throw new Refused(
        conflict('CART_CHANGED', 'The cart was changed meanwhile: look at it and place it anew.'),
      );
    await redeemPromotions(inner, order.id, order.customerId, order.discounts);
  });
}

/** The news of a placed order, and the timers for its payment where there is something to pay. */
function followsFrom({ config }: Context, order: Order): Consequences {
  const { id: orderId, customerId, number, currencyCode, createdAt, paymentDueAt } = order;
  const tellAt = new Date(createdAt.getTime() + config.orders.unpaidNewsMs);
  const lines = order.items.map(({ variantId, quantity }) => ({ variantId, quantity }));
  const amount = order.gross.toString();
  const created = event('OrderCreated', orderId, {
    orderId,
    customerId,
    number,
    amount,
    currencyCode,
    lines,
  });
  const updated = event('OrderUpdated', orderId, { orderId, customerId });
  return paymentDueAt
    ? {
        events: [created, updated],
        timers: [paymentDueTimer(orderId, paymentDueAt), unpaidNewsTimer(orderId, tellAt)],
      }
    : { events: [created, updated, orderPaid(order)] };
}
