import { notFound, Refused } from '../../shared/errors.js';
import { schedule } from '../../shared/events/timers.js';
import { isId } from '../../shared/ids.js';
import { maySee } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { ProviderUnavailable } from '../provider/provider.js';
import { readId, unlessUnavailable } from './inputs.js';
import { noteOf, syncPayment, timersConsumer } from './provider-state.js';
import { hasCaptured, isEnded, type BookedPayment, type Payment } from './rules.js';
import { findBookedPayments, findCharges, type BookedQuery } from './booked-store.js';
import {
  findCards,
  findPaymentOfIntent,
  findPayments,
  findPaymentsOfOrders,
  isIntentSettled,
  requestCancel,
} from './store.js';
import { mayBeUnderWay, nextCheckAt } from './timing.js';

/** Pauses in which a call of the provider that is under way is waited for; most end well within. Milliseconds. */
const pauses = [50, 100, 200, 400, 800, 1_000];

/** The payment as the provider has it, when the call that makes its intent has had time to end. */
async function syncAfterCall(ctx: Context, payment: Payment): Promise<Payment> {
  let { payment: now } = await syncPayment(ctx, payment.id, payment);
  for (const pause of pauses) {
    if (isEnded(now) || now.providerIntentId || !mayBeUnderWay(now, ctx.clock())) return now;
    await new Promise((resolve) => setTimeout(resolve, pause));
    now = (await syncPayment(ctx, payment.id)).payment;
  }
  return now;
}

/**
 * Ends the order's payments that have taken nothing, and says whether that is certain. One whose call is under way is
 * called off and waited for a little: who cancels while it is paid gets one answer.
 */
export async function cancelPayments(
  ctx: Context,
  input: { orderId: string },
): Promise<{ payments: Payment[]; allEnded: boolean }> {
  const orderId = readId(input.orderId, 'orderId');
  await requestCancel(ctx.db, orderId, noteOf(ctx, 'CANCEL_REQUESTED'));
  const payments = await findPaymentsOfOrders(ctx.db, [orderId]);
  const now = await Promise.all(
    payments.map(async (payment) => {
      if (isEnded(payment)) return payment;
      try {
        return await syncAfterCall(ctx, payment);
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) throw error;
        ctx.log.warn({ err: error.cause, paymentId: payment.id }, error.message);
        return payment;
      }
    }),
  );
  return { payments: now, allEnded: now.every(isEnded) };
}

/** The viewer's payment, as the provider has it now. */
export async function refreshPayment(
  ctx: Context,
  { paymentId }: { paymentId: string },
): Promise<{ payment: Payment }> {
  const found = await payment(ctx, { id: paymentId });
  if (!found) throw new Refused(notFound('payment', ['paymentId']));
  if (isEnded(found)) return { payment: found };
  return unlessUnavailable(ctx, async () => ({ payment: (await syncPayment(ctx, found.id, found)).payment }));
}

/** The viewer's payment, or staff's view of any; null otherwise. */
export async function payment(ctx: Context, { id }: { id: string }): Promise<Payment | null> {
  const found = isId(id) ? await ctx.loaders.payment.load(id) : null;
  return found && maySee(ctx.viewer, found.customerId, 'payments:read') ? found : null;
}

/** The order's payments that the viewer may see, the oldest first. */
export async function payments(ctx: Context, orderId: string): Promise<Payment[]> {
  if (!isId(orderId)) return [];
  const found = await ctx.loaders.paymentsOfOrder.load(orderId);
  return found.filter(({ customerId }) => maySee(ctx.viewer, customerId, 'payments:read'));
}

/** The payment that has taken the order's money, with the most left to give back first. */
export async function findCapturedPayment(ctx: Context, orderId: string): Promise<Payment | null> {
  const left = (one: Payment): bigint => one.capturedAmount - one.refundRequestedAmount;
  const found = (await findPaymentsOfOrders(ctx.db, [orderId])).filter(hasCaptured);
  return found.sort((a, b) => (left(b) > left(a) ? 1 : -1))[0] ?? null;
}

/** Whose card the payments were made with, by their ids. */
export async function findCardOfPayments(
  ctx: Context,
  paymentIds: readonly string[],
): Promise<Map<string, { customerId: string; cardKey: string | null }>> {
  return new Map((await findCards(ctx.db, paymentIds)).map(({ id, ...card }) => [id, card]));
}

export async function findPayment(ctx: Context, id: string): Promise<Payment | null> {
  return (await findPayments(ctx.db, [id]))[0] ?? null;
}

/** The payment of an intent, if one is ours. */
export const findPaymentByIntent = (ctx: Context, intentId: string): Promise<Payment | null> =>
  findPaymentOfIntent(ctx.db, intentId);

/** What our books say of charges that a payout brings. */
export const findChargesToExplain = (ctx: Context, chargeIds: readonly string[]) =>
  findCharges(ctx.db, chargeIds);

/** Payments to compare with the provider's books. */
export const findPaymentsToCompare = (ctx: Context, query: BookedQuery): Promise<BookedPayment[]> =>
  findBookedPayments(ctx.db, query);

/** Timer: asks the provider about a payment of which nothing was heard, and sets the next one while it is not ended. */
export async function checkPayment(ctx: Context, paymentId: string): Promise<void> {
  const before = await findPayment(ctx, paymentId);
  if (!before) return;
  let after = before;
  try {
    after = (await syncPayment(ctx, paymentId, before)).payment;
  } catch (error) {
    // An outage must not use up the timer's tries: the payment has to end some day.
    if (!(error instanceof ProviderUnavailable)) throw error;
    ctx.log.warn({ err: error.cause, paymentId }, error.message);
  }
  const runAt = nextCheckAt(after, ctx.clock());
  if (runAt)
    await schedule(ctx, { consumer: timersConsumer, type: 'PaymentCheck', aggregateId: paymentId, runAt });
}

/** Webhook: brings the payment of an intent to where the provider has it; intents of others are passed over. */
export async function syncIntent(ctx: Context, intentId: string): Promise<void> {
  // Most often the call itself has told us all: nothing about an intent comes after its money and its fee.
  if (await isIntentSettled(ctx.db, intentId)) return;
  const known = await findPaymentOfIntent(ctx.db, intentId);
  if (known) return void (await syncPayment(ctx, known.id, known));
  // Its answer to us was lost, or is being written at this moment.
  const { paymentId } = await ctx.provider.getIntent(intentId);
  const lost = paymentId && isId(paymentId) ? await findPayment(ctx, paymentId) : null;
  if (lost) await syncPayment(ctx, lost.id, lost, intentId);
}
