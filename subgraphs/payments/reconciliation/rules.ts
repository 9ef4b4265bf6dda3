/**
 * A reconciliation break: payments and the provider tell different things of the same money. Found by comparing both, as
 * tools/verify/provider.ts does for a shop at rest; here what has just moved is given time, and what was found is kept.
 */
import type { Money } from '../../shared/money.js';
import { hasCaptured, type BookedPayment } from '../payment/rules.js';
import type { Dispute } from '../dispute/rules.js';
import type { ListedIntent, ListedRefund, ProviderDispute, Stretch } from '../provider/provider.js';
import type { BookedRefund } from '../refund/rules.js';

export type BreakKind =
  /** The provider took money for an order of ours, and no payment of ours knows of it. */
  | 'UNKNOWN_AT_SHOP'
  /** Ours names an intent or refund that the provider does not have. */
  | 'MISSING_AT_PROVIDER'
  /** Both have it, with another amount or currency. */
  | 'AMOUNT_DIFFERS'
  /** The provider is through with it, ours says otherwise. */
  | 'STATUS_DIFFERS'
  /** Money of a payment of ours was given back, and not by us: at the provider's dashboard. */
  | 'REFUND_UNKNOWN_AT_SHOP'
  /** The provider keeps another fee than is noted. */
  | 'FEE_DIFFERS'
  /** A payment of ours is disputed, and we have not noted it. */
  | 'DISPUTE_UNKNOWN_AT_SHOP'
  /** A payout brings something else than our books say of what is in it. */
  | 'PAYOUT_DIFFERS';

export type BreakStatus = 'OPEN' | 'RESOLVED';

/** What one side has. */
export interface Booking {
  status: string;
  amount: Money;
}

export interface Difference {
  kind: BreakKind;
  subject: 'PAYMENT' | 'REFUND' | 'DISPUTE' | 'PAYOUT';
  /** The provider's id of the intent, refund, dispute or payout. */
  providerReference: string;
  paymentId: string | null;
  refundId: string | null;
  orderId: string | null;
  /** Null where that side has nothing. */
  shop: Booking | null;
  provider: Booking | null;
}

export interface ReconciliationBreak extends Difference {
  id: string;
  status: BreakStatus;
  /** When it was found; anew where it had been resolved. */
  foundAt: Date;
  /** When a run last saw it. */
  seenAt: Date;
  resolvedAt: Date | null;
  resolvedBy: 'SYSTEM' | 'STAFF' | null;
  resolverId: string | null;
  note: string | null;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** What moved less long ago may be on its way between the two sides: answers, webhooks and timers need minutes at most. */
export const graceMs = 15 * minuteMs;
/** Read again each time: what was on its way then, and money that the customer's bank let through only later. */
const overlapMs = dayMs;
/** The most that is read beyond what was: who was away for long goes on day by day. */
const stepMs = dayMs;
const pauseMs = hourMs;
/** Between two that are both due: long enough for the first to be noted as done before the second comes. */
const breathMs = 10_000;

/**
 * The stretch of time that is read next; `readUntil` is the end of the last one, null before the first, which goes back two
 * days: what is older, `npm run verify -- --provider` compares.
 */
export function stretchAfter(readUntil: Date | null, now: Date): Stretch {
  const last = Math.min(readUntil?.getTime() ?? now.getTime() - stepMs, now.getTime());
  return { from: new Date(last - overlapMs), until: new Date(Math.min(last + stepMs, now.getTime())) };
}

/** When the next stretch is due: an hour after the last one, in a moment where more is left to read. */
export function nextRunAt(readUntil: Date | null, now: Date): Date {
  return new Date(Math.max((readUntil ?? now).getTime() + pauseMs, now.getTime() + breathMs));
}

/** When one is due that the provider did not answer. */
export const retryAt = (now: Date): Date => new Date(now.getTime() + graceMs);

const isYoung = (moved: Date, now: Date): boolean => now.getTime() - moved.getTime() < graceMs;
const same = (a: Money, b: Money): boolean => a.amount === b.amount && a.currencyCode === b.currencyCode;

const bookingOf = (payment: BookedPayment): Booking => ({ status: payment.status, amount: payment.captured });

/** What is wrong between an intent and the payment that stands for it; null where nothing, or where it is too early to say. */
export function compareIntent(
  providerReference: string,
  intent: ListedIntent | null,
  payment: BookedPayment | null,
  now: Date,
): Difference | null {
  const difference = (kind: BreakKind): Difference => ({
    kind,
    subject: 'PAYMENT',
    providerReference,
    paymentId: payment?.id ?? null,
    refundId: null,
    orderId: payment?.orderId ?? intent?.orderId ?? null,
    shop: payment && bookingOf(payment),
    provider: intent && { status: intent.status, amount: intent.taken },
  });
  if (!payment) {
    // What somebody else takes through the same account names no order; what was given back whole harms nobody.
    const kept = intent?.orderId ? intent.taken.amount - intent.givenBack : 0n;
    return kept > 0n ? difference('UNKNOWN_AT_SHOP') : null;
  }
  if (isYoung(payment.updatedAt, now)) return null;
  if (!intent) return difference('MISSING_AT_PROVIDER');
  if (hasCaptured(payment)) {
    if (!same(payment.captured, intent.taken)) return difference('AMOUNT_DIFFERS');
    // Until it has reckoned there is none to compare.
    if (intent.fee === null || (payment.fee && same(payment.fee, intent.fee))) return null;
    return {
      ...difference('FEE_DIFFERS'),
      shop: { status: payment.status, amount: payment.fee ?? { ...intent.fee, amount: 0n } },
      provider: { status: intent.status, amount: intent.fee },
    };
  }
  const isLate = intent.status === 'succeeded' && !isYoung(intent.createdAt, now);
  return isLate ? difference('STATUS_DIFFERS') : null;
}

/** Likewise of a refund; `payment` is ours that was paid with the refund's intent. */
export function compareRefund(
  providerReference: string,
  refund: ListedRefund | null,
  booked: BookedRefund | null,
  payment: BookedPayment | null,
  now: Date,
): Difference | null {
  const difference = (kind: BreakKind): Difference => ({
    kind,
    subject: 'REFUND',
    providerReference,
    paymentId: booked?.paymentId ?? payment?.id ?? null,
    refundId: booked?.id ?? null,
    orderId: booked?.orderId ?? payment?.orderId ?? null,
    shop: booked && { status: booked.status, amount: booked.amount },
    provider: refund && { status: refund.status, amount: refund.amount },
  });
  if (!booked)
    return refund && payment && refund.status !== 'FAILED' ? difference('REFUND_UNKNOWN_AT_SHOP') : null;
  if (isYoung(booked.updatedAt, now)) return null;
  if (!refund) return difference('MISSING_AT_PROVIDER');
  if (!same(booked.amount, refund.amount)) return difference('AMOUNT_DIFFERS');
  const isThrough = refund.status !== 'PENDING' && refund.status !== booked.status;
  return isThrough ? difference('STATUS_DIFFERS') : null;
}

/** Likewise of a dispute; `payment` is ours that is disputed. */
export function compareDispute(
  providerReference: string,
  told: ProviderDispute | null,
  noted: Dispute | null,
  payment: BookedPayment | null,
  now: Date,
): Difference | null {
  const difference = (kind: BreakKind): Difference => ({
    ...{ kind, subject: 'DISPUTE', providerReference, refundId: null },
    paymentId: noted?.paymentId ?? payment?.id ?? null,
    orderId: noted?.orderId ?? payment?.orderId ?? null,
    shop: noted && { status: noted.status, amount: noted.amount },
    provider: told && { status: told.status, amount: told.amount },
  });
  if (!noted)
    return told && payment && !isYoung(told.openedAt, now) ? difference('DISPUTE_UNKNOWN_AT_SHOP') : null;
  if (!told) return difference('MISSING_AT_PROVIDER');
  if (!same(noted.amount, told.amount)) return difference('AMOUNT_DIFFERS');
  return noted.status === told.status || isYoung(noted.openedAt, now) ? null : difference('STATUS_DIFFERS');
}

/** Names a break among all: there is one row for it, however often it is found. */
export const nameOf = ({ kind, providerReference }: Pick<Difference, 'kind' | 'providerReference'>): string =>
  `${kind} ${providerReference}`;
