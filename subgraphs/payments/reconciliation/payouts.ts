/**
 * Whether a payout is explained by our books: what it brings is what we note of the movements in it. A movement that is not of
 * a payment or refund of ours (somebody else's, a fee of the account, a dispute) counts as the provider says.
 */
import { money, type Money } from '../../shared/money.js';
import type { Context } from '../context.js';
import { findChargesToExplain } from '../payment/service.js';
import type { ListedPayout, PayoutMovement } from '../provider/provider.js';
import { findRefundsToExplain } from '../refund/service.js';
import type { Difference } from './rules.js';

/** What our books say that a movement brings, net of fees; null where it is none of ours. Minor units. */
export type Explain = (movement: PayoutMovement) => bigint | null;

/** The break of a payout that our books do not explain; null where they do. */
export function comparePayout(
  payout: ListedPayout,
  movements: readonly PayoutMovement[],
  explain: Explain,
): Difference | null {
  const explained = movements.reduce((sum, one) => sum + (explain(one) ?? one.net.amount), 0n);
  if (explained === payout.amount.amount) return null;
  return {
    ...{ kind: 'PAYOUT_DIFFERS', subject: 'PAYOUT', providerReference: payout.id },
    ...{ paymentId: null, refundId: null, orderId: null },
    shop: { status: 'EXPLAINED', amount: money(explained, payout.amount.currencyCode) },
    provider: { status: payout.status, amount: payout.amount },
  };
}

const sum = (a: Money, b: Money | null): bigint | null =>
  b === null ? a.amount : b.currencyCode === a.currencyCode ? a.amount - b.amount : null;

/** What our books say of the movements of a payout, read in two statements. */
async function explanationOf(ctx: Context, movements: readonly PayoutMovement[]): Promise<Explain> {
  const charges = await findChargesToExplain(
    ctx,
    movements.filter((one) => one.kind === 'CHARGE').map((one) => one.sourceId),
  );
  const refunds = await findRefundsToExplain(
    ctx,
    movements.filter((one) => one.kind === 'REFUND').map((one) => one.sourceId),
  );
  return ({ kind, sourceId, net, isOurs }) => {
    if (kind === 'CHARGE') {
      const charge = charges.get(sourceId);
      // Ours by the provider's word, and we know nothing of it: it explains nothing.
      if (!charge) return isOurs ? 0n : null;
      return charge.captured.currencyCode === net.currencyCode ? sum(charge.captured, charge.fee) : null;
    }
    const refund = kind === 'REFUND' ? refunds.get(sourceId) : undefined;
    return refund?.currencyCode === net.currencyCode ? -refund.amount : null;
  };
}

/** All payouts that our books do not explain. */
export async function comparePayouts(ctx: Context, payouts: readonly ListedPayout[]): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const payout of payouts) {
    // Made by hand, or not reckoned up yet: the provider does not say what is in it.
    if (!payout.isItemised) continue;
    const movements = await ctx.provider.listPayoutMovements(payout.id);
    const difference = comparePayout(payout, movements, await explanationOf(ctx, movements));
    if (difference) found.push(difference);
  }
  return found;
}
