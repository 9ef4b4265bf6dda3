/** Taking the money that an order's payment has set aside. */
import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import { Undecided } from '../../shared/idempotency.js';
import { fromDecimal, money, toDecimal } from '../../shared/money.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { CapturePaymentDocument } from '../operations/payments.generated.js';
import { changeOnce } from '../order/once.js';
import { amountDue, isAuthorized, isPaid, type Order } from '../order/rules.js';
import { applyPayment, paymentOf } from './service.js';

export interface CaptureOrder {
  idempotencyKey: string;
  orderId: string;
  /** Decimal; all that is due when absent. */
  amount?: string | null | undefined;
}

/** Takes all of it or a part, once per key; what is left of the price is let off. For staff. */
export async function captureOrder(
  ctx: Context,
  { idempotencyKey: key, ...input }: CaptureOrder,
): Promise<{ order: Order }> {
  requirePermission(ctx.viewer, 'orders:write');
  const start = { captureId: ctx.newId() };
  const change = { operation: 'captureOrder', key, input, whose: 'any', start } as const;
  return changeOnce(ctx, change, async (order, { captureId }, repeated) => {
    if (repeated && isPaid(order)) return { order };
    if (!isAuthorized(order))
      throw new Refused(conflict('NOT_AUTHORIZED', 'No money is set aside for this order.', ['orderId']));
    const amount = amountOf(order, input.amount ?? null);
    const asked = { amount: toDecimal(money(amount, order.currencyCode)), currencyCode: order.currencyCode };
    const { capturePayment } = await ctx.call('payments', CapturePaymentDocument, {
      input: { orderId: order.id, captureId, amount: asked },
    });
    const { payment, userErrors } = capturePayment;
    if (!payment) throw refusalOf(userErrors);
    if (payment.status !== 'SUCCEEDED')
      throw new Undecided(
        conflict('CAPTURE_IN_PROGRESS', 'The money is being taken: ask again with the same key.'),
      );
    return { order: await applyPayment(ctx, order.id, paymentOf(payment), order) };
  });
}

function amountOf(order: Order, decimal: string | null): bigint {
  const due = amountDue(order);
  if (decimal === null) return due;
  const amount = fromDecimal(decimal, order.currencyCode) ?? 0n;
  if (amount > 0n && amount <= due) return amount;
  const most = toDecimal(money(due, order.currencyCode));
  throw new Refused(invalidInput(`The amount is more than 0 and at most ${most}.`, ['amount']));
}

/** Why payments took nothing; a capture that is under way decides nothing about this one. */
function refusalOf(userErrors: readonly { code: string; message: string }[]): Refused {
  const errors = userErrors.map(({ code, message }) => conflict(code, message));
  return errors.some(({ code }) => code === 'CAPTURE_IN_PROGRESS')
    ? new Undecided(...errors)
    : new Refused(...errors);
}
