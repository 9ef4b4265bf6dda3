/** A dispute: a customer's bank takes a payment back, or asks about it first. The provider decides; we note what it says. */
import type { Money } from '../../shared/money.js';
import type { ProviderDispute } from '../provider/provider.js';

export const disputeStatuses = [
  'INQUIRY',
  'NEEDS_RESPONSE',
  'UNDER_REVIEW',
  'WON',
  'LOST',
  'CLOSED',
] as const;
export type DisputeStatus = (typeof disputeStatuses)[number];

export interface Dispute {
  id: string;
  providerDisputeId: string;
  paymentId: string;
  orderId: string;
  amount: Money;
  status: DisputeStatus;
  version: number;
  reason: string;
  /** Until when evidence can be given. */
  respondBy: Date | null;
  /** What was taken from the account for it and not given back; null where no money was moved. */
  withdrawn: Money | null;
  /** What the provider takes for the dispute, whoever wins. */
  fee: Money | null;
  openedAt: Date;
  closedAt: Date | null;
}

export const isClosed = ({ status }: Pick<Dispute, 'status'>): boolean =>
  status === 'WON' || status === 'LOST' || status === 'CLOSED';

const same = (a: Money | null, b: Money | null): boolean =>
  a?.amount === b?.amount && a?.currencyCode === b?.currencyCode;

/** The dispute as the provider has it now; null where that is what we have. A bank's last word can be appealed: none is final. */
export function changed(before: Dispute, told: ProviderDispute, at: Date): Dispute | null {
  const { status, amount, reason, respondBy, withdrawn, fee } = told;
  const isSame =
    before.status === status &&
    before.reason === reason &&
    same(before.amount, amount) &&
    same(before.withdrawn, withdrawn) &&
    same(before.fee, fee) &&
    before.respondBy?.getTime() === respondBy?.getTime();
  if (isSame) return null;
  const closedAt = isClosed({ status }) ? (before.closedAt ?? at) : null;
  const facts = { status, amount, reason, respondBy, withdrawn, fee };
  return { ...before, ...facts, closedAt, version: before.version + 1 };
}

const dayMs = 86_400_000;

/** When the provider is next asked about one that is not closed, which takes banks months: daily. */
export const nextCheckAt = (dispute: Pick<Dispute, 'status'>, now: Date): Date | null =>
  isClosed(dispute) ? null : new Date(now.getTime() + dayMs);
