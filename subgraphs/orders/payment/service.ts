import { badInput, conflict, Refused, type UserError } from '../../shared/errors.js';
import { emit, event, type NewEvent } from '../../shared/events/outbox.js';
import { schedule } from '../../shared/events/timers.js';
import { Undecided } from '../../shared/idempotency.js';
import { longestHoldMs, type HeldMethod } from '../../shared/order-variables.js';
import { isId } from '../../shared/ids.js';
import { fromDecimal, money, toDecimal } from '../../shared/money.js';
import { requireCustomer } from '../../shared/viewer.js';
import { cancelWhole, type CancelReason } from '../cancellation/rules.js';
import { cancelDecision } from '../cancellation/decision.js';
import type { Context } from '../context.js';
import { ExtendReservationDocument } from '../operations/inventory.generated.js';
import { CancelPaymentsDocument, CreatePaymentDocument } from '../operations/payments.generated.js';
import {
  amountDue,
  awaitsPayment,
  isAuthorized,
  isPaid,
  type Order,
  type OrderPayment,
} from '../order/rules.js';
import { changeOnce } from '../order/once.js';
import { changeOrder, readOrder, readOrders, type Decision } from '../order/service.js';
import { firstRefundTimer, trySendRefund } from '../refund/service.js';
import { buyerOf } from './buyer.js';
import {
  attemptDeadline,
  endedByPayment,
  extensionMs,
  heldUntil,
  holdOf,
  paymentDueTimer,
  paymentStatuses,
  pendingUntil,
  unansweredMs,
  voidTimer,
  withPayment,
} from './rules.js';
import { findOrdersWithAttempts, findSucceeded } from './store.js';

/** Why an order ends whose money is not set aside any more, and what else belongs into that transaction. */
export interface Ended {
  reason: CancelReason;
  also?: (ctx: Context) => Promise<void>;
}

const lapsedByItself: Ended = { reason: 'AUTHORIZATION_LAPSED' };

/** The order that stood on money that was set aside, cancelled: its stock goes back. */
function endOf(ctx: Context, order: Order, events: NewEvent[], { reason, also }: Ended): Decision {
  const decision = cancelDecision(ctx, cancelWhole(order, reason, ctx.clock(), ctx.newId));
  return {
    ...decision,
    events: [...events, ...(decision.events ?? [])],
    ...((also || decision.also) && {
      also: async (inner: Context) => {
        await decision.also?.(inner);
        await also?.(inner);
      },
    }),
  };
}

/** Gives up money that was set aside for an order that was cancelled meanwhile, or paid otherwise. */
export async function voidDue(ctx: Context, orderId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  if (order && !isAuthorized(order)) await sendOwedRefunds(ctx, (await endPayments(ctx, order)).order);
}

interface Application {
  method?: HeldMethod | null;
  ended?: Ended;
  /** Not where the order knows the payment as money that is set aside. */
  unlessSetAside?: boolean;
}

const isSetAside = ({ payments }: Order, paymentId: string): boolean =>
  payments.some((one) => one.paymentId === paymentId && one.status === 'AUTHORIZED');

/** Applies news of a payment, whoever brings them first: the client's call, an event, the timer. */
export async function applyPayment(
  ctx: Context,
  orderId: string,
  payment: OrderPayment,
  loaded?: Order,
  { method = null, ended = lapsedByItself, unlessSetAside = false }: Application = {},
): Promise<Order> {
  const { orders } = ctx.config;
  return changeOrder(
    ctx,
    orderId,
    (order) => {
      if (unlessSetAside && isSetAside(order, payment.paymentId)) return null;
      const now = ctx.clock();
      const applied = withPayment(order, payment, now, ctx.newId, {
        pendingUntil: pendingUntil(order, method, orders),
        retryUntil: new Date(now.getTime() + orders.paymentTimeMs),
      });
      if (!applied) return null;
      const { refundId, lapsed, isToVoid, order: next, events } = applied;
      const decision = lapsed ? endOf(ctx, next, events, ended) : { order: next, events };
      const due = decision.order.paymentDueAt;
      // A timer that is too early looks and is set again; one that is too late would hold the stock for nothing.
      const isSooner = due && order.paymentDueAt && due < order.paymentDueAt;
      const isSettled = awaitsPayment(order) && !awaitsPayment(decision.order);
      return {
        ...decision,
        endedTimers: isSettled ? endedByPayment(orderId) : [],
        timers: [
          ...(decision.timers ?? []),
          ...(refundId === null ? [] : [firstRefundTimer(ctx, orderId, refundId)]),
          ...(isToVoid ? [voidTimer(orderId, now)] : []),
          ...(isSooner ? [paymentDueTimer(orderId, due)] : []),
        ],
      };
    },
    loaded,
  );
}

/**
 * A payment was given up: the order waits no longer for it. Money that was set aside is given up by our own word alone, and
 * who gave it knows why the order ends, and ends it.
 */
export async function paymentCancelled(
  ctx: Context,
  { orderId, paymentId }: { orderId: string; paymentId: string },
): Promise<void> {
  const payment: OrderPayment = { paymentId, status: 'CANCELLED', amount: 0n };
  await applyPayment(ctx, orderId, payment, undefined, { unlessSetAside: true });
}

/** Most payments' success was in the answer to the customer's call: its news need no look at the order. */
export const knownSuccesses = (ctx: Context, paymentIds: readonly string[]): Promise<Set<string>> =>
  findSucceeded(ctx.db, paymentIds);

interface ToldPayment {
  id: string;
  status: keyof typeof paymentStatuses;
  amount: { amount: string; currencyCode: string };
  capturedAmount: { amount: string; currencyCode: string };
}

/** Whether it may still take money. */
const isUnderWay = ({ status }: OrderPayment): boolean => status === 'PENDING' || status === 'AUTHORIZED';

interface PaymentEnd {
  status: keyof typeof paymentStatuses;
  failureCode?: string | null | undefined;
  failureMessage?: string | null | undefined;
}

/** What was taken counts, not what was set aside. */
export function paymentOf({ id, status, amount, capturedAmount }: ToldPayment): OrderPayment {
  const counts = paymentStatuses[status] === 'SUCCEEDED' ? capturedAmount : amount;
  return {
    paymentId: id,
    status: paymentStatuses[status],
    amount: fromDecimal(counts.amount, counts.currencyCode) ?? 0n,
  };
}

export interface PayOrder {
  idempotencyKey: string;
  orderId: string;
  paymentMethodId: string;
  returnUrl?: string | undefined;
  /** The age that the buyer says to have reached, in years. */
  confirmedAge?: number | null | undefined;
}

export interface PayOrderResult {
  order: Order;
  payment: { id: string } | null;
  nextActionUrl: string | null;
  clientSecret: string | null;
  userErrors: UserError[];
}

/**
 * Pays an order, staff also for its customer: one payment per key. The claimed id names the attempt at payments, so that a
 * repeat finds the same payment, whatever was lost on the way back.
 */
export async function payOrder(
  ctx: Context,
  { idempotencyKey: key, ...input }: PayOrder,
): Promise<PayOrderResult> {
  const owner = requireCustomer(ctx.viewer);
  // The order's id says that a payment of it has begun, whatever becomes of this process (`reservationHolds`).
  const start = { attemptKey: ctx.newId(), orderId: input.orderId };
  const change = { operation: 'payOrder', key, input, whose: 'own or staff', start } as const;
  return changeOnce(ctx, change, async (order, { attemptKey }, repeated) => {
    const paidBy = order.payments.find(({ status }) => status === 'SUCCEEDED' || status === 'AUTHORIZED');
    if (repeated && (isPaid(order) || isAuthorized(order)) && paidBy)
      return result(order, { id: paidBy.paymentId });
    refuseUnpayable(ctx, order);
    return attempt(ctx, order, attemptKey, input, owner);
  });
}

/** Makes the attempt, or goes on with the one of that key, and applies what became of it. */
async function attempt(
  ctx: Context,
  order: Order,
  attemptKey: string,
  input: Omit<PayOrder, 'idempotencyKey'>,
  owner: string,
): Promise<PayOrderResult> {
  const buyer = await buyerOf(ctx, order, input.confirmedAge ?? null);
  const asked = ctx.call('payments', CreatePaymentDocument, {
    input: {
      orderId: order.id,
      customerId: order.customerId,
      initiatedBy: order.customerId === owner ? null : owner,
      amount: {
        amount: toDecimal(money(amountDue(order), order.currencyCode)),
        currencyCode: order.currencyCode,
      },
      paymentMethodId: input.paymentMethodId,
      captureMethod: ctx.config.orders.captureMethod,
      attemptKey,
      returnUrl: input.returnUrl ?? null,
      deadline: attemptDeadline(order, ctx.config.orders, ctx.clock()).toISOString(),
      buyer,
    },
  });
  const { createPayment } = await asked.catch(async (error: unknown) => {
    // A payment may have begun, its answer lost.
    await holdStock(ctx, order);
    throw error;
  });
  const { payment, clientSecret, nextActionUrl, requiredAge, userErrors } = createPayment;
  if (!payment) throw refusalOf(userErrors);
  if (isUnderWay(paymentOf(payment))) await holdStock(ctx, order);
  const told = await applyPayment(ctx, order.id, paymentOf(payment), order, {
    method: payment.method?.type ?? null,
  });
  const after = await sendOwedRefunds(ctx, told);
  return {
    ...result(after, { id: payment.id }),
    nextActionUrl: nextActionUrl ?? null,
    clientSecret: clientSecret ?? null,
    userErrors: requiredAge == null ? endsOf(payment) : [ageToConfirm(requiredAge)],
  };
}

/** Holds the order's stock until orders gives it up, which it does when it knows that no payment takes money. */
async function holdStock(ctx: Context, order: Order): Promise<void> {
  const input = { orderId: order.id, holdUntil: heldUntil(order).toISOString() };
  await ctx.call('inventory', ExtendReservationDocument, { input });
}

/** Why payments began nothing. Another payment that is under way decides nothing about this one. */
function refusalOf(userErrors: readonly { code: string; message: string }[]): Refused {
  const errors = userErrors.map(({ code, message }) => conflict(code, message));
  return errors.some(({ code }) => code === 'PAYMENT_IN_PROGRESS')
    ? new Undecided(...errors)
    : new Refused(...errors);
}

/** What the customer is told of a payment that came to nothing. */
function endsOf(payment: PaymentEnd): UserError[] {
  if (payment.status === 'FAILED') return [declined(payment.failureCode, payment.failureMessage)];
  return payment.status === 'CANCELLED'
    ? [conflict('PAYMENT_CANCELLED', 'The payment was called off before it took money.')]
    : [];
}

const result = (order: Order, payment: { id: string }): PayOrderResult => ({
  ...{ order, payment, nextActionUrl: null, clientSecret: null, userErrors: [] },
});

const declined = (code: string | null | undefined, message: string | null | undefined): UserError => ({
  __typename: 'PaymentDeclinedError',
  code: 'PAYMENT_DECLINED',
  message: message ?? 'The payment was declined.',
  field: ['paymentMethodId'],
  // Who is refused by the shop's own rules is not told by which.
  declineCode: code === 'risk_refused' || code === 'compliance_refused' ? 'refused' : (code ?? null),
});

const ageToConfirm = (minimumAge: number): UserError => ({
  __typename: 'AgeConfirmationRequiredError',
  code: 'AGE_CONFIRMATION_REQUIRED',
  message: `Confirm that you are at least ${minimumAge} years old.`,
  field: ['confirmedAge'],
  minimumAge,
});

function refuseUnpayable(ctx: Context, order: Order): void {
  if (order.orderState === 'CANCELLED')
    throw new Refused(conflict('ORDER_CANCELLED', 'The order is cancelled.'));
  if (!awaitsPayment(order)) throw new Refused(conflict('ALREADY_PAID', 'The order has been paid.'));
  if (order.paymentDueAt && order.paymentDueAt <= ctx.clock())
    // Not kept: a twin that was in time may be paying it.
    throw new Undecided(conflict('ORDER_OVERDUE', 'The time to pay it is over: it is being cancelled.'));
}

/** Sends refunds that are still only noted. */
export async function sendOwedRefunds(ctx: Context, order: Order): Promise<Order> {
  let current = order;
  for (const refund of order.refunds)
    if (refund.status === 'REQUESTED') current = await trySendRefund(ctx, current, refund.id);
  return current;
}

/** Ends the order's payments at the provider; whether none can take money any more, and the order as it is then. */
export async function endPayments(
  ctx: Context,
  order: Order,
  ended: Ended = lapsedByItself,
): Promise<{ order: Order; allEnded: boolean; isProcessing: boolean }> {
  const { cancelPayments } = await ctx.call('payments', CancelPaymentsDocument, {
    input: { orderId: order.id },
  });
  let current = order;
  for (const payment of cancelPayments.payments ?? [])
    current = await applyPayment(ctx, order.id, paymentOf(payment), current, { ended });
  const isProcessing = (cancelPayments.payments ?? []).some(({ status }) => status === 'PROCESSING');
  return { order: current, allEnded: cancelPayments.allEnded === true, isProcessing };
}

/** Tells who has not paid the order yet of it; of one that is paid or cancelled other news tell. In the caller's transaction. */
export async function unpaidNewsDue(ctx: Context, orderId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  if (!order || !awaitsPayment(order)) return;
  await emit(ctx, event('OrderAwaitsPayment', orderId, { orderId, customerId: order.customerId }));
}

/** The time to pay may be over: an order that was given more has a later timer. */
export async function paymentDue(ctx: Context, orderId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  if (!order || !awaitsPayment(order) || !order.paymentDueAt) return;
  if (order.paymentDueAt > ctx.clock()) return schedule(ctx, paymentDueTimer(orderId, order.paymentDueAt));
  await giveUp(ctx, order, 'PAYMENT_OVERDUE');
}

/** Inventory holds nothing for the order any more: an unpaid one is at its end before its time. */
export async function reservationExpired(ctx: Context, orderId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  if (order && awaitsPayment(order)) await giveUp(ctx, order, 'RESERVATION_EXPIRED');
}

/**
 * Ends an unpaid order. The provider's payment is ended first: only what can take no money any more is cancelled and its
 * stock released. One that the provider still works on gets more time, up to the longest hold; where its stock has lapsed,
 * it gets what there is when it has succeeded, or its money back.
 */
async function giveUp(ctx: Context, order: Order, reason: CancelReason): Promise<void> {
  const { order: ended, allEnded, isProcessing } = await endPayments(ctx, order);
  if (!awaitsPayment(ended)) return void (await sendOwedRefunds(ctx, ended));
  const now = ctx.clock();
  if (!allEnded && now.getTime() - order.createdAt.getTime() < longestHoldMs)
    return extend(ctx, ended, isProcessing ? extensionMs : unansweredMs);
  await changeOrder(ctx, order.id, (current) =>
    awaitsPayment(current) ? cancelDecision(ctx, cancelWhole(current, reason, now, ctx.newId)) : null,
  );
}

const mostHolds = 1_000;

/** Until when inventory has to keep each order's stock. For services only (policy.ts); two statements, whatever the list. */
export async function reservationHolds(
  ctx: Context,
  orderIds: readonly string[],
): Promise<{ orderId: string; holdUntil: Date | null }[]> {
  if (orderIds.length > mostHolds || !orderIds.every(isId))
    throw badInput(`Ids of at most ${mostHolds} orders.`, ['orderIds']);
  const [found, begun] = await Promise.all([
    readOrders(ctx, orderIds),
    findOrdersWithAttempts(ctx.db, orderIds),
  ]);
  return orderIds.map((orderId) => {
    const order = found.get(orderId);
    return { orderId, holdUntil: order ? holdOf(order, begun.has(orderId), ctx.clock()) : null };
  });
}

async function extend(ctx: Context, order: Order, ms: number): Promise<void> {
  await holdStock(ctx, order);
  const until = new Date(ctx.clock().getTime() + ms);
  await changeOrder(ctx, order.id, (current) =>
    awaitsPayment(current)
      ? {
          order: { ...current, paymentDueAt: until },
          timers: [paymentDueTimer(order.id, until)],
        }
      : null,
  );
}
