/** A payment: one attempt to pay an order, from the moment before the provider is asked until nothing more can come of it. */
import type { Money } from '../../shared/money.js';
import type { CaptureMethod, MethodType, ProviderIntent } from '../provider/provider.js';

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
  captureMethod: CaptureMethod;
  /** Until when what is set aside can be taken, by the provider's word; null while nothing is. */
  authorizedUntil: Date | null;
  /** What is to be taken of it, in minor units: noted before the provider is asked. */
  capture: { id: string; amount: bigint; requestedAt: Date } | null;
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
  'id' | 'orderId' | 'status' | 'providerIntentId' | 'fee' | 'createdAt' | 'updatedAt'
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
  /** What may be kept of the provider's answer. */
  answer: { name: string; value: string }[];
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

/** What was set aside is gone, and not because we gave it up: whoever counted on it has to know. */
const endedByItself = (payment: Payment): boolean =>
  payment.status === 'AUTHORIZED' && payment.cancelRequestedAt === null;

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
      return intent.failure || payment.status === 'FAILED' || endedByItself(payment) ? 'FAILED' : 'CANCELLED';
  }
}

/** Columns that the provider's answer sets. */
export interface PaymentChange {
  status: PaymentStatus;
  holdsOrder: boolean;
  providerIntentId: string | null;
  providerChargeId: string | null;
  authorizedUntil: Date | null;
  capturedAmount: bigint;
  fee: Money | null;
  failureCode: string | null;
  failureMessage: string | null;
}

/** Why a payment failed: what the bank said, or what became of the money that was set aside. */
function failureOf(payment: Payment, intent: ProviderIntent): { code: string; message: string | null } {
  if (intent.failure) return intent.failure;
  if (payment.failureCode) return { code: payment.failureCode, message: payment.failureMessage };
  if (intent.status !== 'canceled') return { code: 'declined', message: null };
  return intent.lapsed
    ? { code: 'authorization_expired', message: 'The payment was not collected in time and has lapsed.' }
    : { code: 'cancelled_at_provider', message: 'The payment was cancelled before it was collected.' };
}

/** What the provider's answer changes; null where nothing, or where it is too old to count. */
export function changeOf(payment: Payment, intent: ProviderIntent): PaymentChange | null {
  const status = statusOf(payment, intent);
  if (status !== payment.status && !canBecome(payment.status, status)) return null;
  const failure = status === 'FAILED' ? failureOf(payment, intent) : null;
  const change: PaymentChange = {
    status,
    holdsOrder: payment.holdsOrder && intent.status !== 'canceled',
    providerIntentId: intent.id,
    providerChargeId: intent.chargeId ?? payment.providerChargeId,
    authorizedUntil: status === 'AUTHORIZED' ? intent.capturableUntil : null,
    capturedAmount: intent.capturedAmount,
    fee: intent.fee ?? payment.fee,
    failureCode: failure?.code ?? null,
    failureMessage: failure?.message ?? null,
  };
  const same =
    change.status === payment.status &&
    change.holdsOrder === payment.holdsOrder &&
    change.providerIntentId === payment.providerIntentId &&
    change.providerChargeId === payment.providerChargeId &&
    change.authorizedUntil?.getTime() === payment.authorizedUntil?.getTime() &&
    change.capturedAmount === payment.capturedAmount &&
    change.fee?.amount === payment.fee?.amount &&
    change.failureCode === payment.failureCode &&
    (intent.method === null || payment.method !== null);
  return same ? null : change;
}

/** Names the attempt at the provider: the same after a crash. */
export const providerKeyOf = (payment: Pick<Payment, 'orderId' | 'attemptKey'>): string =>
  `pi:${payment.orderId}:${payment.attemptKey}`;

/** Names a capture there. */
export const captureKeyOf = (captureId: string): string => `cap:${captureId}`;

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
