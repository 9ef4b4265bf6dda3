/** An order's payments: what payments tells of them, and what that makes of the order. */
import { event, type NewEvent } from '../../shared/events/outbox.js';
import type { Timer, TimerName } from '../../shared/events/timers.js';
import { idFromName } from '../../shared/ids.js';
import { longestHoldMs, type HeldMethod, type OrdersConfig } from '../../shared/order-variables.js';
import { holdMarginMs } from '../checkout/rules.js';
import {
  amountDue,
  awaitsPayment,
  isPaid,
  type Order,
  type OrderPayment,
  type StepKind,
} from '../order/rules.js';
import { withRefund } from '../refund/rules.js';

/** Gives up money that was set aside for an order that cannot use it. */
export const voidTimer = (orderId: string, runAt: Date): Timer => ({
  ...{ consumer: 'timers', type: 'VoidDue', aggregateId: orderId, runAt },
});

/** Fires when an order's time to be paid is over. */
export const paymentDueTimer = (orderId: string, runAt: Date): Timer => ({
  consumer: 'timers',
  type: 'OrderPaymentDue',
  aggregateId: orderId,
  runAt,
});

/** Fires when an order has stood for a while: who has not paid it by then is told of it. */
export const unpaidNewsTimer = (orderId: string, runAt: Date): Timer => ({
  consumer: 'payments',
  type: 'UnpaidNewsDue',
  aggregateId: orderId,
  runAt,
});

/** What is of no use any more once an order is paid, or its money set aside. */
export const endedByPayment = (orderId: string): TimerName[] => {
  const whenever = new Date(0);
  return [paymentDueTimer(orderId, whenever), unpaidNewsTimer(orderId, whenever)];
};

const minute = 60_000;
const day = 1_440 * minute;
/** A payment that the provider still works on at the deadline gets so much more ... */
export const extensionMs = day;
/** ... and one of which the provider said nothing, since it did not answer, is asked for again after so long ... */
export const unansweredMs = 10 * minute;
// ... until the order is as old as the longest hold. Then it is given up, and a payment that comes after is given back.

/**
 * Until when stock is held for an order with a payment under way: after the order's last deadline, so that it goes back
 * only when orders says so, which asks the provider first, however late orders' timer may be.
 */
export const heldUntil = (order: Order): Date =>
  new Date(order.createdAt.getTime() + longestHoldMs + extensionMs + holdMarginMs);

/**
 * Until when inventory has to keep what it holds for the order; null: it may go. Kept is what a payment may still take money
 * for (`begun`: one was asked for, whatever is known of it), or what an order that stands is about to take: orders says when
 * it gives that up. After the longest hold it goes in any case.
 */
export function holdOf(order: Order, begun: boolean, now: Date): Date | null {
  const isUnderWay = order.payments.some(({ status }) => status === 'PENDING' || status === 'AUTHORIZED');
  const isNeeded = awaitsPayment(order) ? begun || isUnderWay : order.orderState !== 'CANCELLED';
  const until = heldUntil(order);
  return isNeeded && until > now ? until : null;
}

/** By when an attempt must be through, whatever it is paid with; orders ends one whose method has less time sooner. */
export const attemptDeadline = (order: Order, config: OrdersConfig, now: Date): Date =>
  new Date(
    Math.max(
      (order.paymentDueAt ?? now).getTime(),
      order.createdAt.getTime() + Math.max(0, ...Object.values(config.holdTimesMs)),
    ),
  );

/** How long a payment that has begun with this method may take; never less than the order has anyway. */
export function pendingUntil(order: Order, method: HeldMethod | null, config: OrdersConfig): Date | null {
  const time = method === null ? undefined : config.holdTimesMs[method];
  return time === undefined ? null : new Date(order.createdAt.getTime() + time);
}

/** What an order's time to be paid becomes when news of a payment come. */
export interface PaymentTimes {
  /** While it is under way. */
  pendingUntil: Date | null;
  /** For another attempt after it came to nothing, where the order was given more time for this one. */
  retryUntil: Date;
}

function dueAfter(
  order: Order,
  status: OrderPayment['status'],
  times: PaymentTimes,
  othersPending: boolean,
): Date | null {
  const due = order.paymentDueAt;
  if (!due || !awaitsPayment(order)) return due;
  if (status === 'PENDING') return times.pendingUntil && times.pendingUntil > due ? times.pendingUntil : due;
  return !othersPending && times.retryUntil < due ? times.retryUntil : due;
}

export const orderPaid = (order: Order): NewEvent =>
  event('OrderPaid', order.id, {
    orderId: order.id,
    customerId: order.customerId,
    amount: order.paidAmount.toString(),
    currencyCode: order.currencyCode,
    placedAt: order.placedAt.toISOString(),
    lines: order.items.flatMap(({ variantId, productId, quantity, cancelledQuantity }) =>
      quantity > cancelledQuantity ? [{ variantId, productId, quantity: quantity - cancelledQuantity }] : [],
    ),
  });

/** In payments' words. */
export const paymentStatuses = {
  PENDING: 'PENDING',
  PROCESSING: 'PENDING',
  REQUIRES_ACTION: 'PENDING',
  AUTHORIZED: 'AUTHORIZED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  PARTIALLY_REFUNDED: 'SUCCEEDED',
  REFUNDED: 'SUCCEEDED',
} as const satisfies Record<string, OrderPayment['status']>;

export interface Applied {
  order: Order;
  /** The order stood on money that was set aside, and is not any more: it is to be cancelled with this. */
  lapsed: boolean;
  /** Money was set aside that the order cannot use: it is to be given up. */
  isToVoid: boolean;
  events: NewEvent[];
  /** Of a payment that the order cannot use. */
  refundId: string | null;
}

/** A payment goes only onwards: from one of these to one of a later row. */
const onwards: Record<OrderPayment['status'], number> = {
  PENDING: 0,
  AUTHORIZED: 1,
  // It has ended, and an end is told by an answer as well, which may overtake the event about what was before.
  FAILED: 2,
  CANCELLED: 2,
  // Money that was taken counts whatever was said before.
  SUCCEEDED: 3,
};

/** What has been told of a payment is not taken back by an older message. */
const isNews = (known: OrderPayment | undefined, status: OrderPayment['status']): boolean =>
  !known || onwards[status] > onwards[known.status];

/**
 * The order after news of a payment; null where that is known already. A success pays an order that waits for it. One
 * that the order cannot use (cancelled meanwhile, paid by another, of another amount) is given back, under a refund id
 * made of the payment's: exactly once, whoever tells it and however often.
 */
export function withPayment(
  order: Order,
  payment: OrderPayment,
  at: Date,
  newId: () => string,
  times: PaymentTimes = { pendingUntil: null, retryUntil: order.paymentDueAt ?? at },
): Applied | null {
  const known = order.payments.find((one) => one.paymentId === payment.paymentId);
  if (!isNews(known, payment.status)) return null;
  const payments = known
    ? order.payments.map((one) => (one === known ? payment : one))
    : [...order.payments, payment];
  const othersPending = payments.some((one) => one.status === 'PENDING');
  const next: Order = {
    ...order,
    payments,
    paymentDueAt: dueAfter(order, payment.status, times, othersPending),
  };
  const step = (kind: StepKind): Order['steps'] => [...order.steps, { id: newId(), kind, at }];
  const waits = awaitsPayment(order);
  // What the order stands on, where its money is set aside.
  const isBasis = order.paymentState === 'AUTHORIZED' && known?.status === 'AUTHORIZED';
  switch (payment.status) {
    case 'SUCCEEDED':
      return succeeded(next, payment, { at, steps: step('PAID'), isBasis });
    case 'AUTHORIZED':
      return waits && payment.amount >= amountDue(order)
        ? authorized({ ...next, steps: step('AUTHORIZED') })
        : { ...nothing, order: next, isToVoid: true };
    case 'FAILED':
      if (isBasis) return { ...nothing, order: { ...next, paymentState: 'FAILED' }, lapsed: true };
      if (!waits || othersPending) return { ...nothing, order: next };
      return { ...nothing, order: { ...next, paymentState: 'FAILED', steps: step('PAYMENT_FAILED') } };
    case 'PENDING':
      return {
        ...nothing,
        order: { ...next, paymentState: waits ? 'NONE' : order.paymentState },
        // It was begun before the order was edited, and could never pay it.
        isToVoid: waits && payment.amount < amountDue(order),
      };
    case 'CANCELLED':
      return isBasis
        ? { ...nothing, order: { ...next, paymentState: 'NONE' }, lapsed: true }
        : { ...nothing, order: next };
  }
}

const nothing = {
  events: [],
  refundId: null,
  lapsed: false,
  isToVoid: false,
} as const satisfies Partial<Applied>;

/** The order stands; its money is set aside, and its stock sold to it. */
function authorized(order: Order): Applied {
  const { id: orderId, customerId, currencyCode } = order;
  const lines = order.items.flatMap(({ variantId, quantity, cancelledQuantity }) =>
    quantity > cancelledQuantity ? [{ variantId, quantity: quantity - cancelledQuantity }] : [],
  );
  const amount = amountDue(order).toString();
  return {
    ...nothing,
    order: { ...order, orderState: 'CONFIRMED', paymentState: 'AUTHORIZED', paymentDueAt: null },
    events: [event('OrderConfirmed', orderId, { orderId, customerId, amount, currencyCode, lines })],
  };
}

/** What is taken of money that was set aside pays the order, also where it is less: the rest is let off. */
function succeeded(
  order: Order,
  payment: OrderPayment,
  { at, steps, isBasis }: { at: Date; steps: Order['steps']; isBasis: boolean },
): Applied {
  const paidAmount = order.paidAmount + payment.amount;
  const asked = amountDue(order);
  const due = isBasis && payment.amount < asked ? payment.amount : asked;
  const pays = (awaitsPayment(order) || order.paymentState === 'AUTHORIZED') && payment.amount >= due;
  const cancelledAmount = order.cancelledAmount + asked - due;
  const paid: Order = pays
    ? {
        ...order,
        ...{
          paidAmount,
          cancelledAmount,
          orderState: 'CONFIRMED',
          paymentState: 'PAID',
          paymentDueAt: null,
          steps,
        },
      }
    : {
        ...order,
        paidAmount,
        paymentState:
          order.orderState === 'CANCELLED' && !isPaid(order) ? stateOfLate(order) : order.paymentState,
      };
  const tooMuch = pays ? payment.amount - due : payment.amount;
  const events = pays ? [orderPaid({ ...paid, paidAmount: due })] : [];
  if (tooMuch === 0n) return { ...nothing, order: paid, events };
  const id = idFromName('refund', payment.paymentId);
  const reason = order.orderState === 'CANCELLED' ? 'CANCELLED' : 'OVERPAID';
  const owed = withRefund(paid, { id, amount: tooMuch, reason, requestedAt: at });
  return { ...nothing, order: owed, events, refundId: id };
}

/** A cancelled order that is paid after all counts as paid until the refund is through. */
const stateOfLate = ({ paymentState }: Order): Order['paymentState'] =>
  paymentState === 'REFUNDED' ? 'REFUNDED' : 'PAID';
