/** The way from what is to be bought to the order, whoever put it together. */
import { CallError } from '../../shared/call.js';
import { clientError, conflict, Refused, type UserError } from '../../shared/errors.js';
import type { Consequences } from '../../shared/events/consequences.js';
import { event } from '../../shared/events/outbox.js';
import { transact, transactOne } from '../../shared/transaction.js';
import { saveNewPrices } from '../cart/service.js';
import type { Cart } from '../cart/rules.js';
import type { Context } from '../context.js';
import { articlesFor } from '../goods/service.js';
import { ReleaseStockDocument, ReserveStockDocument } from '../operations/inventory.generated.js';
import { sealDelivery } from '../order/address.js';
import { fromStored } from '../order/json.js';
import { orderNumber, randomBytesOfNumber } from '../order/number.js';
import type { Order } from '../order/rules.js';
import { readOrder, writePlacedOrder } from '../order/service.js';
import { orderPaid, paymentDueTimer, unpaidNewsTimer } from '../payment/rules.js';
import type { Price } from '../pricing/rules.js';
import { priceBookNow, priceOf, taxTermsOf } from '../pricing/service.js';
import { destinationOf } from '../delivery/destination.js';
import { TaxesUnavailable } from '../tax/port.js';
import { redeemPromotions } from '../promotion/service.js';
import {
  holdMarginMs,
  insufficientStock,
  orderFrom,
  priceChanges,
  priceRefusals,
  refreshed,
  totalChanged,
  unavailable,
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
  const { lines, customerId, currencyCode, promotionCodes, shippingMethodId, delivery } = purchase;
  const destination = delivery.shippingAddress && destinationOf(delivery.shippingAddress);
  const [articles, book] = await Promise.all([
    articlesFor(
      ctx,
      lines.map((line) => line.variantId),
      currencyCode,
    ),
    priceBookNow(ctx, {
      ...{ country: destination?.country ?? null, region: destination?.region ?? null },
      ...{ promotionCodes, customerId },
    }),
  ]);
  refuse(unavailable(purchase, articles));
  if (purchase.cart) await refuseNewPrices(ctx, purchase.cart, articles);
  const goods = refreshed(lines, articles);
  const basket = { currencyCode, goods, promotionCodes, destination, shippingMethodId };
  const priced = await priceOf(ctx, basket, book).catch(taxesLater);
  // Staff may place as many as a customer asks for.
  refuse(priceRefusals(priced, purchase.placedBy === null ? book.openOrders : 0));
  refuse(totalChanged(purchase, priced.gross));
  const waiting = await reserve(
    ctx,
    start.orderId,
    purchase,
    new Date(paymentDueAt.getTime() + holdMarginMs),
  );

  const key = await ctx.loaders.keys.load(customerId);
  if (!key || !delivery.email) throw new Error(`Customer ${customerId} has no key any more.`);
  const sealed = sealDelivery(key, { table: 'orders', id: start.orderId }, delivery) as Order['sealed'];
  const parts = (number: string) => ({
    ...{ id: start.orderId, number, locale: ctx.locale, sealed },
    ...{ createdAt: ctx.clock(), paymentDueAt, taxIncluded: taxTermsOf(ctx, currencyCode).taxIncluded },
    timeZone: ctx.config.shop.timeZone,
  });
  return write(ctx, claim, purchase.cart, priced, (number) =>
    orderFrom(purchase, articles, priced, { ...parts(number), waiting }, ctx.newId),
  );
}

/** Nothing is decided where the taxes cannot be told now: the same key may try again. */
const taxesLater = (error: unknown): never => {
  if (error instanceof TaxesUnavailable)
    throw clientError('RETRY_LATER', 'Taxes cannot be told at this moment: try again with the same key.');
  throw error;
};

const refuse = (errors: ConstructorParameters<typeof Refused>): void => {
  if (errors.length > 0) throw new Refused(...errors);
};

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
async function reserve(
  ctx: Context,
  orderId: string,
  purchase: Purchase,
  holdUntil: Date,
): Promise<WaitingPieces[]> {
  const lines = purchase.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  const to = purchase.delivery.shippingAddress;
  const input = {
    ...{ orderId, holdUntil: holdUntil.toISOString(), lines },
    // What staff place for a customer counts for no cap.
    customerId: purchase.placedBy === null ? purchase.customerId : null,
    destination: to ? { country: to.country, postalCode: to.postalCode } : null,
  };
  const { reserveStock } = await ctx
    .call('inventory', ReserveStockDocument, { input })
    .catch((error: unknown) => {
      // Nothing is decided: the same key may try again.
      if (error instanceof CallError && error.code === 'RETRY_LATER')
        throw clientError('RETRY_LATER', 'Very many are buying at this moment: try again with the same key.');
      throw error;
    });
  if (reserveStock.status === 'RESERVED')
    return reserveStock.backordered.map(({ variantId, quantity, expectedAt }) => ({
      ...{ variantId, quantity },
      expectedAt: expectedAt == null ? null : new Date(expectedAt),
    }));
  const { shortages, userErrors } = reserveStock;
  // Without a shortage it was reserved once and has lapsed since, or was let go, or too much is held for the customer.
  if (shortages.length === 0)
    throw new Refused(
      ...userErrors.map(({ code, message }) =>
        code === 'TOO_MANY_RESERVATIONS' ? conflict('TOO_MANY_OPEN_ORDERS', message) : expired(message),
      ),
    );
  throw new Refused(
    ...shortages.map((one) => insufficientStock(one.variantId, one.requested, one.available)),
  );
}

const expired = (message: string): UserError =>
  conflict('CHECKOUT_EXPIRED', `${message} Place the order with a new key.`);

/** Order, closed cart if there is one, redeemed promotions, events and timer, all or nothing. */
async function write(
  ctx: Context,
  claim: Claim,
  cart: Cart | null,
  priced: Price,
  build: (number: string) => Order,
): Promise<Order> {
  const order = build(orderNumber(ctx.clock(), ctx.random(randomBytesOfNumber)));
  const run = priced.discounts.length > 0 ? transact : transactOne;
  await run(ctx, async (inner) => {
    if (!(await writePlacedOrder(inner, { order, cart, claim }, followsFrom(inner, order))))
      throw new Refused(
        conflict('CART_CHANGED', 'The cart was changed meanwhile: look at it and place it anew.'),
      );
    await redeemPromotions(inner, order.id, order.customerId, priced.discounts);
  });
  return order;
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
