/** A payment in time: when it is over, how long a call of the provider may be under way, when the provider is asked next. */
import type { ProviderIntent } from '../provider/provider.js';
import { isEnded, type Payment } from './rules.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Whether nobody waits for it any more. The deadline is for money that is still to be set aside or taken. */
export const isCalledOff = (payment: Payment, now: Date): boolean =>
  payment.cancelRequestedAt !== null || (payment.status !== 'AUTHORIZED' && now >= payment.deadline);

/** The provider lets go of what was set aside by itself; so long after the time that it named, we do. */
const lapseGraceMs = hourMs;

/** Whether what was set aside can no longer be counted on. */
export const isLapsed = ({ authorizedUntil }: Payment, now: Date): boolean =>
  authorizedUntil !== null && now.getTime() >= authorizedUntil.getTime() + lapseGraceMs;

/** Whether the attempt is to be ended at the provider: it was declined, called off, or its time is over. */
export function shouldEnd(payment: Payment, intent: ProviderIntent, now: Date): boolean {
  const { status, failure } = intent;
  const calledOff = payment.cancelRequestedAt !== null;
  if (status === 'succeeded' || status === 'canceled') return false;
  // A bank debit can be under way for days; it cannot be cancelled, and the order waits for it.
  if (status === 'processing') return calledOff;
  if (status === 'requires_capture') return calledOff || isLapsed(payment, now);
  const declined = status === 'requires_payment_method' && failure !== null;
  return declined || isCalledOff(payment, now);
}

/** Whether so much of what is set aside is to be taken now. */
export const shouldCapture = (payment: Payment, intent: ProviderIntent): boolean =>
  payment.capture !== null && intent.status === 'requires_capture';

/** A call of the provider that began longer ago than this has ended: its timeouts and retries are well within. */
export const longestCallMs = 120_000;
/** The provider keeps idempotency keys for 24 hours; after this we look whether it has the intent before we ask again. */
const keyLifeMs = 23 * hourMs;

const ageOf = (since: Date, now: Date): number => now.getTime() - since.getTime();

export const mayBeUnderWay = (payment: Payment, now: Date): boolean =>
  payment.calledAt !== null && ageOf(payment.calledAt, now) < longestCallMs;

export const isKeyFresh = (payment: Payment, now: Date): boolean =>
  payment.calledAt !== null && ageOf(payment.createdAt, now) < keyLifeMs;

/** As long again as it has lasted, a minute at least, an hour at most. */
const pauseSince = (since: Date, now: Date): number =>
  Math.min(Math.max(ageOf(since, now), minuteMs), hourMs);

/** What is set aside for days changes seldom without us, and then by a webhook. */
const authorizedPauseMs = 6 * hourMs;

function nextOfAuthorized(payment: Payment, now: Date): number {
  if (payment.capture) return now.getTime() + pauseSince(payment.capture.requestedAt, now);
  const until = payment.authorizedUntil ?? now;
  // A moment after its time the provider has let go of it, and says so.
  if (until > now) return Math.min(now.getTime() + authorizedPauseMs, until.getTime() + minuteMs);
  return now.getTime() + pauseSince(until, now);
}

/**
 * When the provider is next asked without cause: after a minute, then as long as it has lasted, at most an hour, and at the
 * deadline; of money that is set aside every six hours, and when that lapses. Null when it has ended, and only then.
 */
export function nextCheckAt(payment: Payment, now: Date): Date | null {
  if (isEnded(payment)) return null;
  if (payment.status === 'AUTHORIZED' && payment.cancelRequestedAt === null)
    return new Date(nextOfAuthorized(payment, now));
  const pause = pauseSince(payment.createdAt, now);
  // What is under way at a bank can't be hurried, by its deadline neither.
  const isWaitedFor = isCalledOff(payment, now) && payment.status !== 'PROCESSING';
  const next = now.getTime() + (isWaitedFor ? Math.min(pause, 5 * minuteMs) : pause);
  const untilDeadline = payment.deadline > now ? payment.deadline.getTime() : next;
  return new Date(Math.min(next, untilDeadline));
}
