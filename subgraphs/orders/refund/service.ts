import { invalidInput, Refused } from '../../shared/errors.js';
import { schedule, type Timer } from '../../shared/events/timers.js';
import { fromDecimal, money, toDecimal } from '../../shared/money.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { RefundPaymentDocument } from '../operations/payments.generated.js';
import { refundable, type Order, type OrderRefund } from '../order/rules.js';
import { changeOnce } from '../order/once.js';
import { changeOrder, readOrder } from '../order/service.js';
import { refundTimer, withRefund, withSettledRefund } from './rules.js';

const second = 1_000;
/** Who noted the refund sends it at once; the timer is for when it could not. */
const firstTryMs = 15 * second;
const nextTryMs = 600 * second;

/** The timer that sends a refund; set with what notes it. */
export const firstRefundTimer = (ctx: Context, orderId: string, refundId: string): Timer =>
  refundTimer(orderId, refundId, new Date(ctx.clock().getTime() + firstTryMs));

/** Sends a noted refund to payments and notes what became of it. Safe to run any number of times. */
export async function sendRefund(ctx: Context, orderId: string, refundId: string): Promise<Order> {
  const order = await readOrder(ctx, orderId);
  const refund = order?.refunds.find((one) => one.id === refundId);
  if (!order || !refund) throw new Error(`Order ${orderId} has no refund ${refundId}.`);
  if (refund.status !== 'REQUESTED') return order;
  const { amount, reason } = refund;
  const { currencyCode } = order;
  const { refundPayment } = await ctx.call('payments', RefundPaymentDocument, {
    input: {
      orderId,
      refundId,
      amount: { amount: toDecimal(money(amount, currencyCode)), currencyCode },
      reason,
    },
  });
  const [wrong] = refundPayment.userErrors;
  if (wrong)
    ctx.log.error({ orderId, refundId, code: wrong.code }, 'payments refused a refund: staff must act');
  const status = wrong ? 'FAILED' : refundPayment.refund?.status;
  if (status === 'SUCCEEDED' || status === 'FAILED') return settleRefund(ctx, orderId, refundId, status);
  await schedule(ctx, refundTimer(orderId, refundId, new Date(ctx.clock().getTime() + nextTryMs)));
  return order;
}

/** Sends the refund at once; where that fails its timer tries again, and the order is given as it is. */
export async function trySendRefund(ctx: Context, order: Order, refundId: string): Promise<Order> {
  if (order.refunds.find((one) => one.id === refundId)?.status !== 'REQUESTED') return order;
  try {
    return await sendRefund(ctx, order.id, refundId);
  } catch (error) {
    ctx.log.warn({ err: error, orderId: order.id, refundId }, 'a refund was not sent; its timer will');
    return (await readOrder(ctx, order.id)) ?? order;
  }
}

/** Notes that a refund went through or failed, whoever tells it first. */
export function settleRefund(
  ctx: Context,
  orderId: string,
  refundId: string,
  status: 'SUCCEEDED' | 'FAILED',
  unknown?: { amount: bigint },
): Promise<Order> {
  return changeOrder(ctx, orderId, (order) =>
    withSettledRefund(order, refundId, status, { id: ctx.newId(), at: ctx.clock() }, unknown),
  );
}

export interface RefundOrder {
  idempotencyKey: string;
  orderId: string;
  amount: string;
  reason?: string | null | undefined;
}

/** Gives back part of what was paid; for staff. */
export async function refundOrder(
  ctx: Context,
  { idempotencyKey: key, ...input }: RefundOrder,
): Promise<{ order: Order; refund: OrderRefund | undefined }> {
  requirePermission(ctx.viewer, 'payments:refund');
  const isDone = ({ refunds }: Order, { refundId }: { refundId: string }): boolean =>
    refunds.some((refund) => refund.id === refundId);
  const start = { refundId: ctx.newId() };
  const change = { operation: 'refundOrder', key, input, whose: 'any', start, isDone } as const;
  return changeOnce(ctx, change, (order, { refundId }) => giveBack(ctx, order, refundId, input.amount));
}

/** Notes the refund of that id, unless it is noted, and sends it. */
async function giveBack(
  ctx: Context,
  order: Order,
  id: string,
  decimal: string,
): Promise<{ order: Order; refund: OrderRefund | undefined }> {
  const amount = fromDecimal(decimal, order.currencyCode) ?? 0n;
  const noted = await changeOrder(ctx, order.id, (current) => {
    if (current.refunds.some((one) => one.id === id)) return null;
    if (amount <= 0n || amount > refundable(current)) {
      const left = toDecimal(money(refundable(current), current.currencyCode));
      throw new Refused(invalidInput(`The amount is more than 0 and at most ${left}.`, ['amount']));
    }
    const refund = { id, amount, reason: 'STAFF', requestedAt: ctx.clock() };
    return { order: withRefund(current, refund), timers: [firstRefundTimer(ctx, order.id, id)] };
  });
  const sent = await trySendRefund(ctx, noted, id);
  return { order: sent, refund: sent.refunds.find((one) => one.id === id) };
}
