/** A refund: money given back of a captured payment, once per id that the caller has noted. */
import type { Money } from '../../shared/money.js';

export type RefundStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';

export interface Refund {
  id: string;
  paymentId: string;
  orderId: string;
  amount: Money;
  status: RefundStatus;
  version: number;
  reason: string | null;
  providerRefundId: string | null;
  failureCode: string | null;
  createdAt: Date;
}

/** A refund as it is compared with the provider's books. */
export interface BookedRefund extends Pick<
  Refund,
  'id' | 'paymentId' | 'orderId' | 'amount' | 'status' | 'providerRefundId' | 'createdAt'
> {
  updatedAt: Date;
}

/** Banks can send a refund back days after it was done: SUCCEEDED is not quite the end. */
export const transitions: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  PENDING: ['SUCCEEDED', 'FAILED'],
  SUCCEEDED: ['FAILED'],
  FAILED: [],
};

export const canBecome = (from: RefundStatus, to: RefundStatus): boolean => transitions[from].includes(to);

/** More than this many refunds a payment cannot have. */
export const mostRefundsOfPayment = 100;

/** Names the refund at the provider: the same after a crash. */
export const providerKeyOf = (refundId: string): string => `re:${refundId}`;

const minuteMs = 60_000;

/** When the provider is next asked about a refund that it has not finished: after a minute, then as long as it has lasted, at most six hours. */
export function nextCheckAt(refund: Pick<Refund, 'status' | 'createdAt'>, now: Date): Date | null {
  if (refund.status !== 'PENDING') return null;
  const age = now.getTime() - refund.createdAt.getTime();
  return new Date(now.getTime() + Math.min(Math.max(age, minuteMs), 360 * minuteMs));
}

/** The provider keeps idempotency keys for 24 hours; after this we look whether it has the refund before we ask again. */
export const isKeyFresh = (refund: Pick<Refund, 'createdAt'>, now: Date): boolean =>
  now.getTime() - refund.createdAt.getTime() < 23 * 3_600_000;
