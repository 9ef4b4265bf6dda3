/**
 * Brings a payment to where the provider has it. Call, webhook and timer all come here. Who asks the provider notes the
 * payment's version before: an answer to an older version is not applied but asked for anew, so that no late answer
 * undoes a newer one.
 */
import { consequences, type Fragment } from '../../shared/events/consequences.js';
import { event, type NewEvent } from '../../shared/events/outbox.js';
import { transactOne } from '../../shared/transaction.js';
import { seal } from '../../shared/vault.js';
import type { Context } from '../context.js';
import { cardKeyOf } from '../risk/service.js';
import { ProviderRefused, type ProviderIntent, type ProviderMethod } from '../provider/provider.js';
import {
  captureKeyOf,
  changeOf,
  hasCaptured,
  isEnded,
  providerKeyOf,
  type Payment,
  type PaymentChange,
} from './rules.js';
import { dropCapture, findPayments, markCalled, updatePayment, type NewMethod, type Note } from './store.js';
import {
  isCalledOff,
  isKeyFresh,
  isLapsed,
  mayBeUnderWay,
  nextCheckAt,
  shouldCapture,
  shouldEnd,
} from './timing.js';

export const timersConsumer = 'timers';
const checkOf = (paymentId: string) => ({
  consumer: timersConsumer,
  type: 'PaymentCheck',
  aggregateId: paymentId,
});

export const noteOf = (ctx: Context, action: string, facts: Partial<Note> = {}): Note => ({
  id: ctx.newId(),
  action,
  code: null,
  providerReference: null,
  answer: null,
  correlationId: ctx.correlationId,
  at: ctx.clock(),
  ...facts,
});

async function sealMethod(ctx: Context, payment: Payment, method: ProviderMethod): Promise<NewMethod> {
  const { type, brand, card, ...details } = method;
  const key = await ctx.vault.ensureKey(ctx.db, payment.customerId);
  const place = { table: 'payment', column: 'method_sealed', row: payment.id };
  const cardKey = card?.fingerprint ? cardKeyOf(ctx, card.fingerprint) : null;
  return { type, brand, sealed: seal(key, place, JSON.stringify(details)), cardKey };
}

/** What others are told when a payment's status has changed. */
function newsOf(before: Payment | null, after: Payment): NewEvent[] {
  if (before?.status === after.status) return [];
  const { id: paymentId, orderId, status } = after;
  const told: NewEvent[] = [event('PaymentUpdated', paymentId, { paymentId, orderId, status })];
  if (status === 'AUTHORIZED') {
    const { amount, currencyCode } = { ...after.amount, amount: after.amount.amount.toString() };
    const authorizedUntil = after.authorizedUntil?.toISOString() ?? null;
    const payload = { paymentId, orderId, amount, currencyCode, authorizedUntil };
    told.push(event('PaymentAuthorized', paymentId, payload));
  }
  if (hasCaptured(after) && !(before && hasCaptured(before))) {
    const { amount, currencyCode } = { ...after.amount, amount: after.capturedAmount.toString() };
    told.push(event('PaymentProcessed', paymentId, { paymentId, orderId, amount, currencyCode }));
  }
  if (status === 'FAILED')
    told.push(event('PaymentFailed', paymentId, { paymentId, orderId, code: after.failureCode ?? '' }));
  if (status === 'CANCELLED') told.push(event('PaymentCancelled', paymentId, { paymentId, orderId }));
  return told;
}

/**
 * What follows from a payment's change, or from its beginning (`before` null): news of a new status, and the timer for
 * its state, taken back where nothing more can come.
 */
export function followsFrom(ctx: Context, before: Payment | null, after: Payment): Fragment {
  const runAt = nextCheckAt(after, ctx.clock());
  const timer = checkOf(after.id);
  const timers = runAt ? { timers: [{ ...timer, runAt }] } : before ? { endedTimers: [timer] } : {};
  // One that begins and waits for the provider is nobody's news yet.
  const events = before || isEnded(after) ? newsOf(before, after) : [];
  return consequences(ctx, { events, ...timers });
}

async function write(
  ctx: Context,
  payment: Payment,
  change: PaymentChange,
  { method, answer }: Pick<ProviderIntent, 'method'> & { answer: Note['answer'] },
  condition: { unlessCalled?: boolean } = {},
): Promise<Payment | null> {
  const sealed = method && !payment.method ? await sealMethod(ctx, payment, method) : null;
  return transactOne(ctx, async (inner) => {
    const note = noteOf(inner, 'UPDATED', {
      code: change.failureCode,
      providerReference: change.providerIntentId,
      answer,
    });
    const after: Payment = {
      ...payment,
      ...change,
      method: sealed ?? payment.method,
      version: payment.version + 1,
      updatedAt: note.at,
    };
    const follows = followsFrom(inner, payment, after);
    const saved = await updatePayment(
      inner.db,
      payment,
      { ...change, method: sealed },
      note,
      follows,
      condition,
    );
    return saved ? after : null;
  });
}

/**
 * The one command that lets an intent change its payment; `payment` as it was read before the provider was asked. Gives the
 * payment as it is now, or null where somebody else has changed it meanwhile: read it and ask the provider again.
 */
export async function applyIntent(
  ctx: Context,
  payment: Payment,
  intent: ProviderIntent,
): Promise<Payment | null> {
  const change = changeOf(payment, intent);
  return change ? write(ctx, payment, change, intent) : payment;
}

/** Ends a payment of which the provider knows nothing, or which it refused for good. */
async function endWithout(
  ctx: Context,
  payment: Payment,
  failure: { code: string; message: string } | null,
): Promise<Payment | null> {
  return write(
    ctx,
    payment,
    {
      status: failure ? 'FAILED' : 'CANCELLED',
      holdsOrder: false,
      providerIntentId: null,
      providerChargeId: null,
      authorizedUntil: null,
      capturedAmount: 0n,
      fee: null,
      failureCode: failure?.code ?? null,
      failureMessage: failure?.message ?? null,
    },
    { method: null, answer: null },
    // Somebody may have begun to ask for the intent while we looked whether there is one.
    { unlessCalled: failure === null },
  );
}

interface Answer {
  payment: Payment | null;
  intent: ProviderIntent | null;
}

/** Takes what is to be taken of an intent that has set money aside. What the provider refuses for good is not asked for again. */
async function capture(
  ctx: Context,
  payment: Payment,
  found: ProviderIntent,
): Promise<{ payment: Payment | null; intent: ProviderIntent }> {
  if (!payment.capture) return { payment, intent: found };
  const { id, amount } = payment.capture;
  try {
    return { payment, intent: await ctx.provider.captureIntent(found.id, amount, captureKeyOf(id)) };
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    ctx.log.error({ err: error, paymentId: payment.id, captureId: id }, 'the provider refused a capture');
    const note = noteOf(ctx, 'CAPTURE_REFUSED', { code: error.code, providerReference: found.id });
    const dropped = await dropCapture(ctx.db, payment, note);
    return {
      payment: dropped ? { ...payment, capture: null, version: payment.version + 1 } : null,
      intent: found,
    };
  }
}

/** Applies what the provider has, and takes or ends at the provider first what is to be taken or to end. */
async function applyOrEnd(ctx: Context, before: Payment, found: ProviderIntent): Promise<Answer> {
  const { payment, intent: taken } = shouldCapture(before, found)
    ? await capture(ctx, before, found)
    : { payment: before, intent: found };
  if (!payment || !shouldEnd(payment, taken, ctx.clock()))
    return { payment: payment && (await applyIntent(ctx, payment, taken)), intent: taken };
  const lapsed = isLapsed(payment, ctx.clock());
  const ended = await ctx.provider.cancelIntent(taken.id);
  const intent = { ...ended, lapsed: ended.lapsed || lapsed };
  return { payment: await applyIntent(ctx, payment, intent), intent };
}

/** Makes the payment's intent, or gets the one that an earlier call made: the key is the same. `calledAt` is noted before. */
export async function callProvider(ctx: Context, payment: Payment): Promise<Answer> {
  try {
    const intent = await ctx.provider.createIntent({
      paymentId: payment.id,
      orderId: payment.orderId,
      amount: payment.amount,
      methodId: payment.providerMethodId,
      customerId: payment.providerCustomerId,
      returnUrl: payment.returnUrl,
      strongAuthentication: payment.strongAuthentication,
      captureMethod: payment.captureMethod,
      key: providerKeyOf(payment),
    });
    return await applyOrEnd(ctx, payment, intent);
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    const aboutMethod = error.parameter === 'payment_method' || error.code === 'resource_missing';
    if (!aboutMethod) ctx.log.error({ err: error, paymentId: payment.id }, 'the provider refused a payment');
    const code = aboutMethod ? 'invalid_payment_method' : 'refused_by_provider';
    const message = aboutMethod ? 'This payment method cannot be used.' : 'The payment was refused.';
    return { payment: await endWithout(ctx, payment, { code, message }), intent: null };
  }
}

/** For a payment whose first call got no answer: finishes it with the same key, or ends it where it was called off. */
async function resume(ctx: Context, payment: Payment): Promise<Answer> {
  const now = ctx.clock();
  const calledOff = isCalledOff(payment, now);
  if (calledOff || !isKeyFresh(payment, now)) {
    if (mayBeUnderWay(payment, now)) return { payment, intent: null };
    // A minute for clocks that differ.
    const since = new Date(payment.createdAt.getTime() - 60_000);
    const found = await ctx.provider.findIntentOf(payment.id, since);
    if (found) return applyOrEnd(ctx, payment, found);
    if (calledOff) return { payment: await endWithout(ctx, payment, null), intent: null };
  }
  if (!(await markCalled(ctx.db, payment, now))) return { payment: null, intent: null };
  return callProvider(ctx, { ...payment, calledAt: now });
}

const tries = 8;

/**
 * Asks the provider how the payment stands and applies it, again where somebody else was faster. `intentId`: what a call
 * has just told of an intent that the payment's row does not know yet.
 */
export async function syncPayment(
  ctx: Context,
  paymentId: string,
  known?: Payment,
  intentId: string | null = null,
): Promise<{ payment: Payment; intent: ProviderIntent | null }> {
  let payment = known;
  let told = intentId;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    payment ??= (await findPayments(ctx.db, [paymentId]))[0];
    if (!payment) throw new Error(`There is no payment ${paymentId}.`);
    const id = payment.providerIntentId ?? told;
    // It ended before there was an intent: nothing to ask for.
    if (!id && !payment.holdsOrder) return { payment, intent: null };
    const answer = id
      ? await applyOrEnd(ctx, payment, await ctx.provider.getIntent(id))
      : await resume(ctx, payment);
    if (answer.payment) return { payment: answer.payment, intent: answer.intent };
    told = answer.intent?.id ?? told;
    payment = undefined;
  }
  throw new Error(`Payment ${paymentId} changed ${tries} times while the provider was asked.`);
}
