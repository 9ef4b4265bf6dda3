import { conflict, invalidInput, Refused } from '../../shared/errors.js';
import { keyReused } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import type { Money } from '../../shared/money.js';
import { transactOne } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import type { CaptureMethod, ProviderIntent } from '../provider/provider.js';
import { checkCompliance, refusalOf, requiredAge } from '../compliance/rules.js';
import { listKeysOf } from '../risk-list/rules.js';
import { assess, subjectsOf } from '../risk/service.js';
import { buyerOf, type BuyerFactsInput } from '../risk/inputs.js';
import type { BuyerFacts } from '../risk/rules.js';
import { readAmount, readId, unlessUnavailable, type AmountInput } from './inputs.js';
import { callProvider, followsFrom, noteOf, syncPayment } from './provider-state.js';
import { hasCaptured, isEnded, mostPaymentsOfOrder, problemOf, type Payment } from './rules.js';
import { findSituation, type Situation } from './situation-store.js';
import { findPaymentsOfOrders, insertPayment, requestCancel } from './store.js';
import { mayBeUnderWay } from './timing.js';

export interface CreatePaymentInput {
  orderId: string;
  customerId: string;
  /** The member of staff who pays for the customer. */
  initiatedBy?: string | null | undefined;
  amount: AmountInput;
  paymentMethodId: string;
  attemptKey: string;
  returnUrl?: string | null | undefined;
  deadline: Date;
  captureMethod?: CaptureMethod | null | undefined;
  buyer?: BuyerFactsInput | null | undefined;
}

interface ReadInput {
  orderId: string;
  customerId: string;
  initiatedBy: string | null;
  amount: Money;
  paymentMethodId: string;
  attemptKey: string;
  returnUrl: string | null;
  deadline: Date;
  captureMethod: CaptureMethod;
  buyer: BuyerFacts;
}

function readInput(input: CreatePaymentInput): ReadInput {
  const returnUrl = input.returnUrl ?? null;
  const problem = problemOf({ ...input, returnUrl });
  if (problem) throw new Refused(invalidInput(problem.message, [problem.field]));
  return {
    orderId: readId(input.orderId, 'orderId'),
    customerId: readId(input.customerId, 'customerId'),
    initiatedBy: input.initiatedBy ? readId(input.initiatedBy, 'initiatedBy') : null,
    amount: readAmount(input.amount),
    paymentMethodId: input.paymentMethodId,
    attemptKey: input.attemptKey,
    returnUrl,
    deadline: input.deadline,
    captureMethod: input.captureMethod ?? 'AUTOMATIC',
    buyer: buyerOf(input.buyer),
  };
}

export interface Attempt {
  payment: Payment;
  clientSecret: string | null;
  nextActionUrl: string | null;
  /** Years that the buyer has to confirm, where that is why it failed. */
  requiredAge?: number | null;
}

const attemptOf = (payment: Payment, intent: ProviderIntent | null): Attempt => ({
  payment,
  clientSecret: isEnded(payment) ? null : (intent?.clientSecret ?? null),
  nextActionUrl: isEnded(payment) ? null : (intent?.nextActionUrl ?? null),
});

const alreadyPaid = (): Refused => new Refused(conflict('ALREADY_PAID', 'This order is paid already.'));
const inProgress = (): Refused =>
  new Refused(
    conflict('PAYMENT_IN_PROGRESS', 'Another payment of this order is under way: wait for its end.'),
  );

/** The attempt again, as far as it came; another intent under its key is refused. */
async function repeatAttempt(ctx: Context, payment: Payment, input: ReadInput): Promise<Attempt> {
  const same =
    payment.customerId === input.customerId &&
    payment.amount.amount === input.amount.amount &&
    payment.amount.currencyCode === input.amount.currencyCode &&
    payment.returnUrl === input.returnUrl &&
    payment.captureMethod === input.captureMethod;
  if (!same) throw keyReused('createPayment');
  if (isEnded(payment)) return attemptOf(payment, null);
  const synced = await syncPayment(ctx, payment.id, payment);
  return attemptOf(synced.payment, synced.intent);
}

/** Ends the attempt that holds the order, so that a new one can begin. */
async function endEarlier(ctx: Context, earlier: Payment): Promise<void> {
  // What is set aside for the order is given up by who asks for that, not by paying again.
  const isSetAside = earlier.status === 'AUTHORIZED' && earlier.cancelRequestedAt === null;
  if (hasCaptured(earlier) || isSetAside) throw alreadyPaid();
  const unanswered = !earlier.providerIntentId && mayBeUnderWay(earlier, ctx.clock());
  if (unanswered || earlier.status === 'PROCESSING') throw inProgress();
  await requestCancel(ctx.db, earlier.orderId, noteOf(ctx, 'CANCEL_REQUESTED'));
  const { payment } = await syncPayment(ctx, earlier.id);
  if (hasCaptured(payment)) throw alreadyPaid();
  if (!isEnded(payment)) throw inProgress();
}

/** The attempt of that key, if there is one; else nothing holds the order when this returns. */
async function clearTheWay(ctx: Context, input: ReadInput): Promise<Payment | undefined> {
  const earlier = await findPaymentsOfOrders(ctx.db, [input.orderId]);
  const same = earlier.find((payment) => payment.attemptKey === input.attemptKey);
  if (same) return same;
  if (earlier.length >= mostPaymentsOfOrder)
    throw new Refused(conflict('TOO_MANY_ATTEMPTS', 'Too many attempts were made to pay this order.'));
  const holder = earlier.find((payment) => payment.holdsOrder);
  if (holder) await endEarlier(ctx, holder);
  return undefined;
}

function methodIn(situation: Situation, input: ReadInput): { methodId: string; customerId: string | null } {
  // What a customer has saved is for the customer alone to pay with.
  if (situation.savedMethod && input.initiatedBy === null)
    return { methodId: situation.savedMethod.id, customerId: situation.providerCustomerId };
  if (isId(input.paymentMethodId))
    throw new Refused(
      conflict('PAYMENT_METHOD_NOT_FOUND', 'There is no such saved payment method.', ['paymentMethodId']),
    );
  return { methodId: input.paymentMethodId, customerId: null };
}

/** Years that the buyer has to confirm, where a payment failed for that alone. */
const requiredAgeOf = (ctx: Context, { buyer }: ReadInput, code: string | null): number | null =>
  code === 'age_not_confirmed' ? requiredAge(buyer, ctx.rules.compliance) : null;

/** What the buyer is told of our own refusal. */
function messageOf(ctx: Context, input: ReadInput, code: string): string {
  const age = requiredAgeOf(ctx, input, code);
  return age === null ? 'The payment was refused.' : `Confirm that you are at least ${age} years old.`;
}

/** Writes the payment as it is before the provider is asked, or as refused by our own rules; null where a twin was first. */
async function begin(ctx: Context, input: ReadInput, situation: Situation): Promise<Payment | null> {
  const { methodId, customerId: providerCustomerId } = methodIn(situation, input);
  const compliance = checkCompliance({ ...input.buyer, amount: input.amount }, ctx.rules.compliance);
  const risk = await assess(ctx, input, situation, compliance.passed);
  const refusal = refusalOf(compliance) ?? (risk.decision === 'REFUSED' ? 'risk_refused' : null);
  const now = ctx.clock();
  const payment: Payment = {
    id: ctx.newId(),
    orderId: input.orderId,
    customerId: input.customerId,
    initiatedBy: input.initiatedBy,
    attemptKey: input.attemptKey,
    amount: input.amount,
    status: refusal ? 'FAILED' : 'PENDING',
    version: 1,
    holdsOrder: !refusal,
    providerMethodId: methodId,
    providerCustomerId,
    returnUrl: input.returnUrl,
    strongAuthentication: risk.decision === 'STRONG_AUTHENTICATION',
    deadline: input.deadline,
    calledAt: refusal ? null : now,
    cancelRequestedAt: null,
    captureMethod: input.captureMethod,
    authorizedUntil: null,
    capture: null,
    providerIntentId: null,
    providerChargeId: null,
    method: null,
    fee: null,
    failureCode: refusal,
    failureMessage: refusal && messageOf(ctx, input, refusal),
    capturedAmount: 0n,
    refundRequestedAmount: 0n,
    refundedAmount: 0n,
    createdAt: now,
    updatedAt: now,
  };
  return transactOne(ctx, async (inner) => {
    const note = noteOf(inner, 'REQUESTED', { code: refusal, at: now });
    const follows = followsFrom(inner, null, payment);
    return (await insertPayment(inner.db, { payment, risk, compliance, note }, follows)) ? payment : null;
  });
}

/**
 * Begins to pay an order. The row and its timer are written before the provider is asked, the call is made outside of any
 * transaction, its answer applied by the command that webhooks and timers run as well: a crash at any line leaves what
 * the timer or the same call, made again, finishes with the same key at the provider.
 */
export async function createPayment(ctx: Context, raw: CreatePaymentInput): Promise<Attempt> {
  const input = readInput(raw);
  const attempt = await unlessUnavailable(ctx, () => begunOrRepeated(ctx, input));
  return { ...attempt, requiredAge: requiredAgeOf(ctx, input, attempt.payment.failureCode) };
}

async function begunOrRepeated(ctx: Context, input: ReadInput): Promise<Attempt> {
  const now = ctx.clock();
  const situation = await findSituation(ctx.db, {
    ...input,
    currencyCode: input.amount.currencyCode,
    subjects: subjectsOf(input),
    listKeys: listKeysOf(input.customerId, input.buyer),
    now,
  });
  const same = situation.paymentsOfOrder > 0 ? await clearTheWay(ctx, input) : undefined;
  if (same) return repeatAttempt(ctx, same, input);
  if (input.deadline <= now)
    throw new Refused(conflict('DEADLINE_PASSED', 'The time to pay this order is over.', ['deadline']));
  const begun = await begin(ctx, input, situation);
  if (!begun) {
    const twin = await clearTheWay(ctx, input);
    if (!twin) throw inProgress();
    return repeatAttempt(ctx, twin, input);
  }
  if (isEnded(begun)) return attemptOf(begun, null);
  const answer = await callProvider(ctx, begun);
  const { payment, intent } = answer.payment
    ? { payment: answer.payment, intent: answer.intent }
    : await syncPayment(ctx, begun.id, undefined, answer.intent?.id);
  return attemptOf(payment, intent);
}
