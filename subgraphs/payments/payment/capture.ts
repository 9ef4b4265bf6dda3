/** Taking money that a payment has set aside: the row says that it is to be taken before the provider is asked. */
import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import { keyReused } from '../../shared/idempotency.js';
import type { Money } from '../../shared/money.js';
import { transactOne } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { readAmount, readId, unlessUnavailable, type AmountInput } from './inputs.js';
import { followsFrom, noteOf, syncPayment } from './provider-state.js';
import { hasCaptured, isEnded, type Payment } from './rules.js';
import { findPaymentsOfOrders, requestCapture } from './store.js';

export interface CapturePaymentInput {
  orderId: string;
  captureId: string;
  amount: AmountInput;
}

interface Asked {
  orderId: string;
  captureId: string;
  amount: Money;
}

const refused = (code: string, message: string): Refused => new Refused(conflict(code, message));

/** The payment whose money may be taken; throws where there is none. */
function authorizedIn(payments: readonly Payment[], { amount }: Asked): Payment {
  if (payments.some(hasCaptured)) throw refused('ALREADY_CAPTURED', 'The money has been taken already.');
  const found = payments.find((one) => one.status === 'AUTHORIZED' && one.cancelRequestedAt === null);
  if (!found) throw refused('NOTHING_AUTHORIZED', 'No money is set aside for this order.');
  if (found.amount.currencyCode !== amount.currencyCode)
    throw new Refused(invalidInput(`The order is paid in ${found.amount.currencyCode}.`, ['amount']));
  if (amount.amount > found.amount.amount)
    throw refused('CAPTURE_EXCEEDS_AUTHORIZED', 'Less than that is set aside.');
  if (found.capture) throw refused('CAPTURE_IN_PROGRESS', 'Another capture of this payment is under way.');
  return found;
}

/** Notes the capture, with a timer that finishes it; null where somebody else was faster. */
async function begin(ctx: Context, asked: Asked, payment: Payment): Promise<Payment | null> {
  const { captureId: id, amount } = asked;
  return transactOne(ctx, async (inner) => {
    const note = noteOf(inner, 'CAPTURE_REQUESTED');
    const after: Payment = {
      ...payment,
      capture: { id, amount: amount.amount, requestedAt: note.at },
      version: payment.version + 1,
    };
    const follows = followsFrom(inner, payment, after);
    const saved = await requestCapture(inner.db, payment.id, { id, amount: amount.amount }, note, follows);
    return saved ? after : null;
  });
}

const tries = 3;

/** The payment that this capture is noted on, by now or by an earlier call. */
async function noted(ctx: Context, asked: Asked): Promise<Payment> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const payments = await findPaymentsOfOrders(ctx.db, [asked.orderId]);
    const known = payments.find(({ capture }) => capture?.id === asked.captureId);
    if (known) {
      const { amount, currencyCode } = asked.amount;
      if (known.capture?.amount !== amount || known.amount.currencyCode !== currencyCode)
        throw keyReused('capturePayment');
      return known;
    }
    const begun = await begin(ctx, asked, authorizedIn(payments, asked));
    if (begun) return begun;
  }
  throw refused('CAPTURE_IN_PROGRESS', 'The payment is being changed: ask again.');
}

/** Takes what a payment of the order has set aside, or a part of it, once per captureId. */
export async function capturePayment(
  ctx: Context,
  input: CapturePaymentInput,
): Promise<{ payment: Payment }> {
  const asked: Asked = {
    orderId: readId(input.orderId, 'orderId'),
    captureId: readId(input.captureId, 'captureId'),
    amount: readAmount(input.amount),
  };
  const before = await noted(ctx, asked);
  if (isEnded(before)) return { payment: before };
  const { payment } = await unlessUnavailable(ctx, () => syncPayment(ctx, before.id));
  if (payment.status === 'AUTHORIZED' && !payment.capture)
    throw refused('CAPTURE_REFUSED', 'The provider refused to take the money; it is still set aside.');
  return { payment };
}
