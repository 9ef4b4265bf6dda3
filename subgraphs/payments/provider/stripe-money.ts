/** Stripe's account: disputes, and payouts with the movements in them. */
import type { Stripe } from 'stripe';
import { money, type Money } from '../../shared/money.js';
import type {
  ListedPayout,
  PaymentProvider,
  PayoutMovement,
  ProviderDispute,
  ProviderDisputeStatus,
} from './provider.js';
import { ask, unlessMissing } from './stripe-errors.js';
import { allOf, madeIn } from './stripe-lists.js';

const moneyOf = (amount: number, currency: string): Money => money(BigInt(amount), currency.toUpperCase());
const timeOf = (seconds: number): Date => new Date(seconds * 1_000);
const idOf = (value: string | { id: string } | null | undefined): string | null =>
  typeof value === 'string' ? value : (value?.id ?? null);

const disputeStatuses: Record<string, ProviderDisputeStatus> = {
  warning_needs_response: 'INQUIRY',
  warning_under_review: 'INQUIRY',
  warning_closed: 'CLOSED',
  prevented: 'CLOSED',
  needs_response: 'NEEDS_RESPONSE',
  under_review: 'UNDER_REVIEW',
  appeal_needs_response: 'NEEDS_RESPONSE',
  appeal_under_review: 'UNDER_REVIEW',
  won: 'WON',
  lost: 'LOST',
};

export function disputeOf(dispute: Stripe.Dispute): ProviderDispute {
  const moved = dispute.balance_transactions;
  const currency = moved[0]?.currency;
  const total = (of: (one: Stripe.BalanceTransaction) => number): number =>
    moved.reduce((sum, one) => sum + of(one), 0);
  return {
    id: dispute.id,
    intentId: idOf(dispute.payment_intent),
    status: disputeStatuses[dispute.status] ?? 'UNDER_REVIEW',
    amount: moneyOf(dispute.amount, dispute.currency),
    reason: dispute.reason,
    respondBy: dispute.evidence_details.due_by === null ? null : timeOf(dispute.evidence_details.due_by),
    withdrawn: currency === undefined ? null : moneyOf(0 - total((one) => one.amount), currency),
    fee:
      currency === undefined
        ? null
        : moneyOf(
            total((one) => one.fee),
            currency,
          ),
    openedAt: timeOf(dispute.created),
  };
}

const payoutOf = (payout: Stripe.Payout): ListedPayout => ({
  id: payout.id,
  status: payout.status,
  amount: moneyOf(payout.amount, payout.currency),
  isItemised: payout.automatic && payout.reconciliation_status === 'completed',
});

const kinds: Record<string, PayoutMovement['kind']> = {
  charge: 'CHARGE',
  payment: 'CHARGE',
  refund: 'REFUND',
  payment_refund: 'REFUND',
};

/** `source` expanded: charges and refunds carry what we wrote on them. */
function movementOf(one: Stripe.BalanceTransaction): PayoutMovement {
  const source = one.source as { id: string; metadata?: Record<string, string> | null } | string | null;
  const metadata = typeof source === 'string' ? null : source?.metadata;
  return {
    kind: kinds[one.type] ?? 'OTHER',
    sourceId: idOf(source) ?? '',
    net: moneyOf(one.net, one.currency),
    isOurs: metadata?.['order_id'] !== undefined,
  };
}

export function moneyOfAccount(
  stripe: Stripe,
): Pick<
  PaymentProvider,
  'getDispute' | 'listDisputes' | 'findDispute' | 'listPayouts' | 'findPayout' | 'listPayoutMovements'
> {
  const getDispute: PaymentProvider['getDispute'] = async (id) =>
    disputeOf(await ask(() => stripe.disputes.retrieve(id)));
  return {
    getDispute,
    listDisputes: (made) => ask(() => allOf(stripe.disputes.list(madeIn(made)), disputeOf)),
    findDispute: (id) => unlessMissing(getDispute(id)),
    listPayouts: (made) => ask(() => allOf(stripe.payouts.list(madeIn(made)), payoutOf)),
    findPayout: (id) => unlessMissing(ask(async () => payoutOf(await stripe.payouts.retrieve(id)))),
    listPayoutMovements: (id) =>
      ask(async () => {
        const params = { payout: id, limit: 100, expand: ['data.source'] };
        const all = await allOf(stripe.balanceTransactions.list(params), (one) => one);
        // The payout itself is among them.
        return all.filter((one) => one.type !== 'payout').map(movementOf);
      }),
  };
}
