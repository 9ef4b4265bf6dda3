import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import { event, emit } from '../../shared/events/outbox.js';
import { schedule, unschedule } from '../../shared/events/timers.js';
import { keyReused } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { readAmount, readId, unlessUnavailable, type AmountInput } from '../payment/inputs.js';
import { findCapturedPayment, findPayment } from '../payment/service.js';
import { ProviderRefused, ProviderUnavailable, type ProviderRefund } from '../provider/provider.js';
import {
  canBecome,
  isKeyFresh,
  mostRefundsOfPayment,
  nextCheckAt,
  providerKeyOf,
  type BookedRefund,
  type Refund,
} from './rules.js';
import {
  findAmounts,
  findBookedRefunds,
  findRefund,
  findRefundIdOfProvider,
  insertRefund,
  updateRefund,
  type BookedQuery,
  type RefundChange,
} from './store.js';

export interface RefundPaymentInput {
  orderId: string;
  refundId: string;
  amount: AmountInput;
  reason?: string | null | undefined;
}

const timerOf = (refundId: string) => ({ consumer: 'timers', type: 'RefundCheck', aggregateId: refundId });
const noteOf = (ctx: Context) => ({ id: ctx.newId(), correlationId: ctx.correlationId, at: ctx.clock() });

function readReason(reason: string | null | undefined): string | null {
  if (reason && reason.length > 500)
    throw new Refused(invalidInput('reason must have at most 500 characters.', ['reason']));
  return reason ?? null;
}

/** Writes the refund before the provider is asked; null where it is there already. */
async function begin(ctx: Context, input: RefundPaymentInput): Promise<Refund | null> {
  const amount = readAmount(input.amount);
  const payment = await findCapturedPayment(ctx, input.orderId);
  if (!payment) throw new Refused(conflict('NOTHING_CAPTURED', 'No money was taken for this order.'));
  if (payment.amount.currencyCode !== amount.currencyCode)
    throw new Refused(invalidInput(`The order was paid in ${payment.amount.currencyCode}.`, ['amount']));
  const note = noteOf(ctx);
  const refund: Refund = {
    id: input.refundId,
    paymentId: payment.id,
    orderId: payment.orderId,
    amount,
    status: 'PENDING',
    version: 1,
    reason: readReason(input.reason),
    providerRefundId: null,
    failureCode: null,
    createdAt: note.at,
  };
  return transact(ctx, async (inner) => {
    const { isNew, fits } = await insertRefund(inner.db, refund, mostRefundsOfPayment, note);
    if (!isNew) return null;
    if (!fits)
      throw new Refused(
        conflict('REFUND_EXCEEDS_CAPTURED', 'Less than that is left of what was taken.', ['amount']),
      );
    await setCheck(inner, refund);
    return refund;
  });
}

async function setCheck(ctx: Context, refund: Refund): Promise<void> {
  const runAt = nextCheckAt(refund, ctx.clock());
  if (runAt) await schedule(ctx, { ...timerOf(refund.id), runAt });
  else await unschedule(ctx, timerOf(refund.id));
}

/** Gives money back, once per refundId and never more than was captured. */
export async function refundPayment(ctx: Context, input: RefundPaymentInput): Promise<{ refund: Refund }> {
  readId(input.orderId, 'orderId');
  readId(input.refundId, 'refundId');
  const amount = readAmount(input.amount);
  const refund = (await findRefund(ctx.db, input.refundId)) ?? (await begin(ctx, input));
  const known = refund ?? (await findRefund(ctx.db, input.refundId));
  if (!known) throw new Error(`Refund ${input.refundId} is gone.`);
  const same =
    known.orderId === input.orderId &&
    known.amount.amount === amount.amount &&
    known.amount.currencyCode === amount.currencyCode;
  if (!same) throw keyReused('refundPayment');
  if (known.status !== 'PENDING') return { refund: known };
  return unlessUnavailable(ctx, async () => ({ refund: await syncRefund(ctx, known.id, known) }));
}

async function write(ctx: Context, refund: Refund, change: RefundChange): Promise<Refund | null> {
  return transact(ctx, async (inner) => {
    const status = await updateRefund(inner.db, refund, change, noteOf(inner));
    if (!status) return null;
    const after: Refund = { ...refund, ...change, version: refund.version + 1 };
    await setCheck(inner, after);
    const { paymentId, orderId, id: refundId, amount } = refund;
    const updated = event('PaymentUpdated', paymentId, { paymentId, orderId, status });
    const refunded = event('PaymentRefunded', paymentId, {
      paymentId,
      orderId,
      refundId,
      amount: amount.amount.toString(),
      currencyCode: amount.currencyCode,
    });
    if (after.status !== refund.status)
      await (after.status === 'SUCCEEDED' ? emit(inner, updated, refunded) : emit(inner, updated));
    return after;
  });
}

/** The one command that lets the provider's refund change ours; null where somebody else has changed it meanwhile. */
async function applyRefund(ctx: Context, refund: Refund, answer: ProviderRefund): Promise<Refund | null> {
  const { status, failureCode, id: providerRefundId } = answer;
  if (status !== refund.status && !canBecome(refund.status, status)) return refund;
  if (status === refund.status && providerRefundId === refund.providerRefundId) return refund;
  return write(ctx, refund, { status, failureCode, providerRefundId });
}

async function askProvider(ctx: Context, refund: Refund): Promise<ProviderRefund> {
  if (refund.providerRefundId) return ctx.provider.getRefund(refund.providerRefundId);
  const intentId = (await findPayment(ctx, refund.paymentId))?.providerIntentId;
  if (!intentId) throw new Error(`Payment ${refund.paymentId} has no intent to refund.`);
  const found = isKeyFresh(refund, ctx.clock()) ? null : await ctx.provider.findRefundOf(refund.id, intentId);
  const request = {
    intentId,
    refundId: refund.id,
    amount: refund.amount.amount,
    key: providerKeyOf(refund.id),
  };
  return found ?? ctx.provider.createRefund(request);
}

const tries = 8;

/** Asks the provider for the refund, or how it stands, and applies that. */
export async function syncRefund(ctx: Context, refundId: string, known?: Refund): Promise<Refund> {
  let refund: Refund | null = known ?? null;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    refund ??= await findRefund(ctx.db, refundId);
    if (!refund) throw new Error(`There is no refund ${refundId}.`);
    if (refund.status === 'FAILED') return refund;
    const applied = await askAndApply(ctx, refund);
    if (applied) return applied;
    refund = null;
  }
  throw new Error(`Refund ${refundId} changed ${tries} times while the provider was asked.`);
}

async function askAndApply(ctx: Context, refund: Refund): Promise<Refund | null> {
  try {
    return await applyRefund(ctx, refund, await askProvider(ctx, refund));
  } catch (error) {
    if (!(error instanceof ProviderRefused) || refund.providerRefundId) throw error;
    ctx.log.error({ err: error, refundId: refund.id }, 'the provider refused a refund');
    return write(ctx, refund, { status: 'FAILED', failureCode: error.code, providerRefundId: null });
  }
}

/** What our books say of refunds that a payout brings. */
export const findRefundsToExplain = (ctx: Context, providerRefundIds: readonly string[]) =>
  findAmounts(ctx.db, providerRefundIds);

/** Refunds to compare with the provider's books. */
export const findRefundsToCompare = (ctx: Context, query: BookedQuery): Promise<BookedRefund[]> =>
  findBookedRefunds(ctx.db, query);

/** Timer: asks the provider about a refund that it has not finished, and sets the next one. */
export async function checkRefund(ctx: Context, refundId: string): Promise<void> {
  const before = await findRefund(ctx.db, refundId);
  if (!before) return;
  let after = before;
  try {
    after = await syncRefund(ctx, refundId, before);
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    ctx.log.warn({ err: error.cause, refundId }, error.message);
  }
  await setCheck(ctx, after);
}

/** Webhook: brings our refund to where the provider has it; refunds that others made there are passed over. */
export async function syncProviderRefund(ctx: Context, providerRefundId: string): Promise<void> {
  const known = await findRefundIdOfProvider(ctx.db, providerRefundId);
  const refundId = known ?? (await ctx.provider.getRefund(providerRefundId)).refundId;
  if (refundId && isId(refundId) && (await findRefund(ctx.db, refundId))) await syncRefund(ctx, refundId);
}
