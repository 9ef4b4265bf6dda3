import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import { Undecided } from '../../shared/idempotency.js';
import { idFromName } from '../../shared/ids.js';
import type { Context } from '../context.js';
import { writeNote } from '../note/service.js';
import { awaitsPayment, isAuthorized, isCancellable, type Order } from '../order/rules.js';
import { changeOnce } from '../order/once.js';
import { changeOrder, type Decision } from '../order/service.js';
import { endPayments, type Ended } from '../payment/service.js';
import { trySendRefund } from '../refund/service.js';
import { cancelDecision } from './decision.js';
import {
  areOf,
  areOpen,
  cancelLines,
  cancelMissing,
  cancelWhole,
  hasCancellableLines,
  isAll,
  type CancelReason,
  type LineQuantity,
} from './rules.js';

export interface CancelOrder {
  idempotencyKey: string;
  orderId: string;
  reason?: string | null | undefined;
}

const reasonOf = (ctx: Context, order: Order): CancelReason =>
  ctx.viewer.id === order.customerId ? 'CUSTOMER' : 'STAFF';

function refuseUncancellable(order: Order): void {
  if (order.orderState === 'CANCELLED')
    throw new Refused(conflict('ALREADY_CANCELLED', 'The order is cancelled.'));
  if (!isCancellable(order))
    throw new Refused(
      conflict(
        'NOT_CANCELLABLE',
        'Some of it is in a parcel: cancel the lines that are not, and send the others back.',
      ),
    );
}

function refuseUncancellableLines(order: Order): void {
  if (order.orderState === 'CANCELLED')
    throw new Refused(conflict('ALREADY_CANCELLED', 'The order is cancelled.'));
  if (!hasCancellableLines(order))
    throw new Refused(conflict('NOT_CANCELLABLE', 'All of it is in parcels or over: send it back instead.'));
}

/** Cancels the whole order and sends back what was paid. A payment at the provider is ended first. */
export async function cancelOrder(
  ctx: Context,
  { idempotencyKey: key, ...input }: CancelOrder,
): Promise<{ order: Order }> {
  const start = { orderId: input.orderId };
  const change = { operation: 'cancelOrder', key, input, whose: 'own or staff', start } as const;
  return changeOnce(ctx, change, async (order, _start, repeated) => {
    if (repeated && order.orderState === 'CANCELLED') return { order: await sendRefunds(ctx, order) };
    refuseUncancellable(order);
    return { order: await cancelAll(ctx, order, input.reason ?? null) };
  });
}

async function cancelAll(ctx: Context, order: Order, words: string | null): Promise<Order> {
  const also = words === null ? undefined : (inner: Context) => writeNote(inner, order, words, false);
  const ended: Ended = { reason: reasonOf(ctx, order), ...(also && { also }) };
  if ((awaitsPayment(order) || isAuthorized(order)) && !(await endPayments(ctx, order, ended)).allEnded)
    throw new Undecided(
      conflict('PAYMENT_IN_PROGRESS', 'Its payment is being processed: try again when that is over.'),
    );
  const cancelled = await changeOrder(ctx, order.id, (current) => {
    // A twin may have been first.
    if (current.orderState === 'CANCELLED') return null;
    refuseUncancellable(current);
    const decision = cancelDecision(
      ctx,
      cancelWhole(current, reasonOf(ctx, current), ctx.clock(), ctx.newId),
    );
    return {
      ...decision,
      also: async (inner) => {
        await decision.also?.(inner);
        if (words) await writeNote(inner, current, words, false);
      },
    };
  });
  return sendRefunds(ctx, cancelled);
}

async function sendRefunds(ctx: Context, order: Order): Promise<Order> {
  let current = order;
  for (const refund of order.refunds) current = await trySendRefund(ctx, current, refund.id);
  return current;
}

export interface CancelOrderLines extends CancelOrder {
  lines: LineQuantity[];
}

/** Cancels some articles; all that is left of an order cancels it as a whole. */
export async function cancelOrderLines(
  ctx: Context,
  { idempotencyKey: key, ...input }: CancelOrderLines,
): Promise<{ order: Order }> {
  // The step has the claim's id: a repeat finds it. What is left then may be as much as was asked for, and is not meant.
  const isDone = ({ steps }: Order, { refundId }: { refundId: string }): boolean =>
    steps.some((step) => step.id === refundId);
  const start = { refundId: ctx.newId() };
  const change = { operation: 'cancelOrderLines', key, input, whose: 'own or staff', start, isDone } as const;
  return changeOnce(ctx, change, async (order, claimed, repeated) => {
    if (repeated && (order.orderState === 'CANCELLED' || isDone(order, claimed)))
      return { order: await sendRefunds(ctx, order) };
    let isRest = isAll(order, input.lines);
    const decide = (current: Order): Decision | null => {
      if (isDone(current, claimed)) return null;
      refuseUncancellableLines(current);
      refuseClosedLines(current, input.lines);
      isRest = isAll(current, input.lines);
      return isRest
        ? null
        : cancelDecision(ctx, cancelLines(current, input.lines, claimed.refundId, ctx.clock()));
    };
    const changed = isRest ? order : await changeOrder(ctx, order.id, decide);
    if (!isRest) return { order: await sendRefunds(ctx, changed) };
    refuseUncancellable(changed);
    return { order: await cancelAll(ctx, changed, input.reason ?? null) };
  });
}

/** Lines that were never the order's are the caller's mistake; those that are over, maybe just now, are a conflict. */
function refuseClosedLines(order: Order, lines: readonly LineQuantity[]): void {
  if (!areOf(order, lines))
    throw new Refused(
      invalidInput('The lines name items of the order, once each, and at most their quantities.', ['lines']),
    );
  if (!areOpen(order, lines))
    throw new Refused(conflict('LINES_NOT_OPEN', 'So many are not to come any more.', ['lines']));
}

/**
 * A paid order's stock is gone: it is cancelled and the money given back, once. Where some of it has left or is packed that was
 * there all the same, which inventory is told; the rest is cancelled.
 */
export async function cancelOutOfStock(ctx: Context, orderId: string): Promise<void> {
  await changeOrder(ctx, orderId, (order) => {
    if (order.orderState === 'CANCELLED') return null;
    if (isCancellable(order))
      return cancelDecision(ctx, cancelWhole(order, 'OUT_OF_STOCK', ctx.clock(), ctx.newId));
    const stepId = idFromName('refund', orderId, 'out of stock');
    if (order.steps.some(({ id }) => id === stepId)) return null;
    return cancelDecision(ctx, cancelMissing(order, stepId, ctx.clock()));
  });
}
