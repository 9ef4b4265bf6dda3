/** An edit of an order that waits for its payment: what it has then, and whether it may be edited. Pure functions. */
import { conflict, invalidInput, type UserError } from '../../shared/errors.js';
import type { Timer } from '../../shared/events/timers.js';
import type { Quantity } from '../cart/rules.js';
import type { PriceBook } from '../pricing/rules.js';
import { awaitsPayment, openQuantity, type Order, type OrderItem } from '../order/rules.js';

/** How many lines, and pieces of an article, an edit may give an order. */
export interface Limits {
  lines: number;
  pieces: number;
}

/** What the order has to come, one line per variant. */
export const linesOf = (order: Order): Quantity[] =>
  order.items.flatMap((item) =>
    openQuantity(item) > 0 ? [{ variantId: item.variantId, quantity: openQuantity(item) }] : [],
  );

/** The order's lines with the wishes: what they name has that quantity, the rest stays. */
export function editedLines(order: Order, wishes: readonly Quantity[]): Quantity[] {
  const wanted = new Map(wishes.map(({ variantId, quantity }) => [variantId, quantity]));
  const known = new Set(order.items.map((item) => item.variantId));
  return [
    ...linesOf(order).map((line) => ({ ...line, quantity: wanted.get(line.variantId) ?? line.quantity })),
    ...order.items.flatMap((item) =>
      openQuantity(item) === 0 && wanted.has(item.variantId)
        ? [{ variantId: item.variantId, quantity: wanted.get(item.variantId) ?? 0 }]
        : [],
    ),
    ...wishes.filter(({ variantId }) => !known.has(variantId)),
  ].filter(({ quantity }) => quantity > 0);
}

/** What is wrong with the wishes as they were given. */
export function wishErrors(order: Order, wishes: readonly Quantity[], limits: Limits): UserError[] {
  const errors = wishes.flatMap(({ quantity }, i) =>
    quantity < 0 || quantity > limits.pieces
      ? [invalidInput(`0 to ${limits.pieces} pieces.`, ['lines', String(i), 'quantity'])]
      : [],
  );
  if (new Set(wishes.map(({ variantId }) => variantId)).size < wishes.length)
    errors.push(invalidInput('Name each article once.', ['lines']));
  const left = editedLines(order, wishes).length;
  if (left > limits.lines)
    errors.push(invalidInput(`An order has ${limits.lines} lines at most.`, ['lines']));
  if (left === 0)
    errors.push(conflict('NOTHING_LEFT', 'Nothing would be left of it: cancel it instead.', ['lines']));
  return errors;
}

/**
 * Whether a payment may still take money for the order as it is. `attempts`: how often one was asked for and not refused; of
 * those that ended the order knows the payment, any other may be on its way.
 */
export const isBeingPaid = (order: Order, attempts: number): boolean =>
  attempts > order.payments.length ||
  order.payments.some(({ status }) => status === 'PENDING' || status === 'AUTHORIZED');

/** Why the order cannot be edited now; null: it can. */
export function editRefusal(order: Order, attempts: number, now: Date): UserError | null {
  if (!awaitsPayment(order))
    return conflict('NOT_EDITABLE', 'Only an order that waits for its payment can be edited.');
  if (isBeingPaid(order, attempts))
    return conflict(
      'PAYMENT_IN_PROGRESS',
      'A payment of it has begun: wait for its end, or cancel the order.',
    );
  if (order.paymentDueAt && order.paymentDueAt <= now)
    return conflict('ORDER_OVERDUE', 'The time to pay it is over: it is being cancelled.');
  return null;
}

/** The price book as if the order had not used its promotions: it gives them back when it is edited. */
export const withoutOwnUses = <Book extends PriceBook>(book: Book, order: Order): Book => {
  const own = new Set(order.discounts.map(({ promotionId }) => promotionId));
  return {
    ...book,
    promotions: book.promotions.map((one) =>
      own.has(one.id)
        ? {
            ...one,
            usedByCustomer: Math.max(0, one.usedByCustomer - 1),
            redeemedCount: Math.max(0, one.redeemedCount - 1),
          }
        : one,
    ),
  };
};

/** Items as they were built anew, those of articles that stay under their old ids. */
export const sameItems = (before: readonly OrderItem[], built: readonly OrderItem[]): OrderItem[] =>
  built.map((item) => ({
    ...item,
    id: before.find(({ variantId }) => variantId === item.variantId)?.id ?? item.id,
  }));

/**
 * The order with what was built for the edit. What was cancelled of it is out of it now: it is priced without. One that costs
 * nothing any more is paid.
 */
export function editedOrder(before: Order, built: Order, edit: { id: string; at: Date }): Order {
  const { sealed, shipping, discounts, subtotal, discount, net, tax, gross, taxIncluded } = built;
  const free = gross === 0n;
  const paid = built.steps.filter(({ kind }) => kind === 'PAID');
  return {
    ...before,
    ...{ sealed, shipping, discounts, subtotal, discount, net, tax, gross, taxIncluded },
    items: sameItems(before.items, built.items),
    cancelledAmount: 0n,
    ...(free && { orderState: 'CONFIRMED', paymentState: 'PAID', paymentDueAt: null }),
    steps: [...before.steps, { id: edit.id, kind: 'CHANGED', at: edit.at }, ...(free ? paid : [])],
  };
}

/** After so long an edit that was begun and not ended is given up. */
export const editTimeMs = 120_000;

/** Ends an edit whose process has died. */
export const editDueTimer = (editId: string, runAt: Date): Timer => ({
  ...{ consumer: 'timers', type: 'OrderEditDue', aggregateId: editId, runAt },
});
