/** A payment: one attempt to pay an order, from the moment before the provider is asked until nothing more can come of it. */
import type { Money } from '../../shared/money.js';
import type { MethodType, ProviderIntent } from '../provider/provider.js';

export const paymentStatuses = [
  'PENDING',
  'PROCESSING',
  'REQUIRES_ACTION',
  'AUTHORIZED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

export interface Payment {
  id: string;
  orderId: string;
  customerId: string;
  /** The member of staff who paid for the customer. */
  initiatedBy: string | null;
  attemptKey: string;
  amount: Money;
  status: PaymentStatus;
  version: number;
  /** Whether it has taken the order's money or may yet: one payment of an order at a time. */
  holdsOrder: boolean;
  providerMethodId: string;
  providerCustomerId: string | null;
  returnUrl: string | null;
  strongAuthentication: boolean;
  deadline: Date;
  /** When the provider was last asked to make the intent; null where it never was. */
  calledAt: Date | null;
  cancelRequestedAt: Date | null;
  providerIntentId: string | null;
  providerChargeId: string | null;
  method: { type: MethodType; brand: string | null; sealed: Uint8Array | null } | null;
  fee: Money | null;
  failureCode: string | null;
  failureMessage: string | null;
  /** Minor units of the payment's currency, as the two below. */
  capturedAmount: bigint;
  /** Asked for and not failed: never over `capturedAmount`. */
  refundRequestedAmount: bigint;
  refundedAmount: bigint;
  createdAt: Date;
  updatedAt: Date;
}

/** A payment as it is compared with the provider's books. */
export interface BookedPayment extends Pick<
  Payment,
  'id' | 'orderId' | 'status' | 'providerIntentId' | 'createdAt' | 'updatedAt'
> {
  /** What was taken. */
  captured: Money;
}

/** An order of which payments knows only what was paid. */
export interface PaidOrder {
  id: string;
}

export interface MethodDetails {
  type: MethodType;
  brand: string | null;
  last4: string | null;
  expiryMonth: number | null;
  expiryYear: number | null;
}

export interface PaymentAttempt {
  id: string;
  action: string;
  status: PaymentStatus;
  code: string | null;
  providerReference: string | null;
  occurredAt: Date;
}

/** More than this many payments an order cannot have. */
export const mostPaymentsOfOrder = 20;

/**
 * What the provider's truth may turn a payment into. FAILED and CANCELLED can still go on as long as the provider has not
 * confirmed the end, and what it says then counts: money that was taken must be known. Between the last three, refunds lead.
 */
export const transitions: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  PENDING: ['PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  PROCESSING: ['REQUIRES_ACTION', 'AUTHORIZED', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  REQUIRES_ACTION: ['PENDING', 'PROCESSING', 'AUTHORIZED', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  AUTHORIZED: ['PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  FAILED: ['PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED', 'SUCCEEDED'],
  CANCELLED: ['PROCESSING', 'AUTHORIZED', 'SUCCEEDED'],
  SUCCEEDED: ['PARTIALLY_REFUNDED', 'REFUNDED'],
  PARTIALLY_REFUNDED: ['SUCCEEDED', 'REFUNDED'],
  REFUNDED: ['SUCCEEDED', 'PARTIALLY_REFUNDED'],
};

export const canBecome = (from: PaymentStatus, to: PaymentStatus): boolean => transitions[from].includes(to);

const captured: readonly PaymentStatus[] = ['SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED'];
/** Money was taken, whatever was given back later. */
export const hasCaptured = ({ status }: Pick<Payment, 'status'>): boolean => captured.includes(status);

/** Nothing more can come of it at the provider. */
export const isEnded = (payment: Pick<Payment, 'status' | 'holdsOrder'>): boolean =>
  !payment.holdsOrder || hasCaptured(payment);

/** Where a captured payment stands after so much was given back. */
export const refundStatusOf = (capturedAmount: bigint, refundedAmount: bigint): PaymentStatus =>
  refundedAmount === 0n ? 'SUCCEEDED' : refundedAmount < capturedAmount ? 'PARTIALLY_REFUNDED' : 'REFUNDED';

/** What an intent's state means for its payment. */
export function statusOf(payment: Payment, intent: ProviderIntent): PaymentStatus {
  switch (intent.status) {
    case 'requires_payment_method':
      return intent.failure ? 'FAILED' : 'PENDING';
    case 'requires_confirmation':
      return 'PENDING';
    case 'requires_action':
      return 'REQUIRES_ACTION';
    case 'processing':
      return 'PROCESSING';
    case 'requires_capture':
      return 'AUTHORIZED';
    case 'succeeded':
      return refundStatusOf(intent.capturedAmount, payment.refundedAmount);
    case 'canceled':
      // A declined attempt is cancelled at the provider as well, so that nobody can confirm it again.
      return intent.failure || payment.status === 'FAILED' ? 'FAILED' : 'CANCELLED';
  }
}

/** Columns that the provider's answer sets. */
export interface PaymentChange {
  status: PaymentStatus;
  holdsOrder: boolean;
  providerIntentId: string | null;
  providerChargeId: string | null;
  capturedAmount: bigint;
  fee: Money | null;
  failureCode: string | null;
  failureMessage: string | null;
}

/** What the provider's answer changes; null where nothing, or where it is too old to count. */
export function changeOf(payment: Payment, intent: ProviderIntent): PaymentChange | null {
  const status = statusOf(payment, intent);
  if (status !== payment.status && !canBecome(payment.status, status)) return null;
  const failed = status === 'FAILED';
  const change: PaymentChange = {
    status,
    holdsOrder: payment.holdsOrder && intent.status !== 'canceled',
    providerIntentId: intent.id,
    providerChargeId: intent.chargeId ?? payment.providerChargeId,
    capturedAmount: intent.capturedAmount,
    fee: intent.fee ?? payment.fee,
    failureCode: failed ? (intent.failure?.code ?? payment.failureCode ?? 'declined') : null,
    failureMessage: failed ? (intent.failure?.message ?? payment.failureMessage) : null,
  };
  const same =
    change.status === payment.status &&
    change.holdsOrder === payment.holdsOrder &&
    change.providerIntentId === payment.providerIntentId &&
    change.providerChargeId === payment.providerChargeId &&
    change.capturedAmount === payment.capturedAmount &&
    change.fee?.amount === payment.fee?.amount &&
    change.failureCode === payment.failureCode &&
    (intent.method === null || payment.method !== null);
  return same ? null : change;
}

/** Whether the attempt is to be ended at the provider: it was declined, called off, or its time is over. */
export function shouldEnd(payment: Payment, intent: ProviderIntent, now: Date): boolean {
  if (intent.status === 'succeeded' || intent.status === 'canceled') return false;
  const declined = intent.status === 'requires_payment_method' && intent.failure !== null;
  // A bank debit can be under way for days; it cannot be cancelled, and the order waits for it.
  if (intent.status === 'processing') return payment.cancelRequestedAt !== null;
  return declined || isCalledOff(payment, now);
}

export const isCalledOff = (payment: Payment, now: Date): boolean =>
  payment.cancelRequestedAt !== null || now >= payment.deadline;

/** A call of the provider that began longer ago than this has ended: its timeouts and retries are well within. */
export const longestCallMs = 120_000;
/** The provider keeps idempotency keys for 24 hours; after this we look whether it has the intent before we ask again. */
const keyLifeMs = 23 * 3_600_000;

const ageOf = (since: Date, now: Date): number => now.getTime() - since.getTime();

export const mayBeUnderWay = (payment: Payment, now: Date): boolean =>
  payment.calledAt !== null && ageOf(payment.calledAt, now) < longestCallMs;

export const isKeyFresh = (payment: Payment, now: Date): boolean =>
  payment.calledAt !== null && ageOf(payment.createdAt, now) < keyLifeMs;

/** Names the attempt at the provider: the same after a crash. */
export const providerKeyOf = (payment: Pick<Payment, 'orderId' | 'attemptKey'>): string =>
  `pi:${payment.orderId}:${payment.attemptKey}`;

const minuteMs = 60_000;

/** When the provider is next asked without cause: after a minute, then as long as it has lasted, at most an hour, and at the deadline. */
export function nextCheckAt(payment: Payment, now: Date): Date | null {
  if (isEnded(payment)) return null;
  const pause = Math.min(Math.max(ageOf(payment.createdAt, now), minuteMs), 60 * minuteMs);
  const next = now.getTime() + (isCalledOff(payment, now) ? Math.min(pause, 5 * minuteMs) : pause);
  const untilDeadline = payment.deadline > now ? payment.deadline.getTime() : next;
  return new Date(Math.min(next, untilDeadline));
}

/** What is wrong with a request's form; null when nothing. A card number has no letters, so it cannot pass as a method. */
export function problemOf(request: {
  attemptKey: string;
  paymentMethodId: string;
  returnUrl: string | null;
}): { message: string; field: string } | null {
  if (request.attemptKey.length < 1 || request.attemptKey.length > 200)
    return { message: 'attemptKey must have 1 to 200 characters.', field: 'attemptKey' };
  if (!/^(pm_[A-Za-z0-9_]{1,200}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(request.paymentMethodId))
    return {
      message: 'paymentMethodId must be the id of a saved method or of one that the provider made (pm_...).',
      field: 'paymentMethodId',
    };
  if (request.returnUrl !== null && !/^https?:\/\//.test(request.returnUrl))
    return { message: 'returnUrl must begin with https:// or http://.', field: 'returnUrl' };
  return null;
}
