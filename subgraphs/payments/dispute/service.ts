import { consequences, type Fragment } from '../../shared/events/consequences.js';
import { event, type NewEvent } from '../../shared/events/outbox.js';
import { schedule } from '../../shared/events/timers.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transactOne } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { findPaymentByIntent } from '../payment/service.js';
import { ProviderUnavailable, type ProviderDispute } from '../provider/provider.js';
import { changed, isClosed, nextCheckAt, type Dispute, type DisputeStatus } from './rules.js';
import { findDispute, findDisputes, findDisputesOfProvider, insertDispute, updateDispute } from './store.js';

const timerOf = (disputeId: string) => ({ consumer: 'timers', type: 'DisputeCheck', aggregateId: disputeId });

/** What others are told: that there is one, and how it has ended. */
function newsOf(before: Dispute | null, after: Dispute): NewEvent[] {
  const { id: disputeId, paymentId, orderId, status, reason, amount } = after;
  const facts = { paymentId, orderId, disputeId, status };
  const told: NewEvent[] = [];
  if (!before) {
    const sum = { amount: amount.amount.toString(), currencyCode: amount.currencyCode };
    told.push(event('PaymentDisputed', paymentId, { ...facts, ...sum, reason }));
  }
  if (isClosed(after) && before?.status !== status)
    told.push(event('PaymentDisputeClosed', paymentId, facts));
  return told;
}

function followsFrom(ctx: Context, before: Dispute | null, after: Dispute): Fragment {
  const runAt = nextCheckAt(after, ctx.clock());
  const timer = timerOf(after.id);
  return consequences(ctx, {
    events: newsOf(before, after),
    ...(runAt ? { timers: [{ ...timer, runAt }] } : { endedTimers: [timer] }),
  });
}

/** Notes a dispute of a payment of ours; null where somebody else was faster. One of somebody else's payment is passed over. */
async function open(ctx: Context, told: ProviderDispute): Promise<Dispute | 'foreign' | null> {
  const payment = told.intentId === null ? null : await findPaymentByIntent(ctx, told.intentId);
  if (!payment) return 'foreign';
  const { id: providerDisputeId, status, amount, reason, respondBy, withdrawn, fee, openedAt } = told;
  const dispute: Dispute = {
    ...{ id: ctx.newId(), providerDisputeId, paymentId: payment.id, orderId: payment.orderId },
    ...{ status, amount, reason, respondBy, withdrawn, fee, openedAt, version: 1 },
    closedAt: isClosed({ status }) ? ctx.clock() : null,
  };
  return transactOne(ctx, async (inner) => {
    const follows = followsFrom(inner, null, dispute);
    return (await insertDispute(inner.db, dispute, inner.clock(), follows)) ? dispute : null;
  });
}

async function apply(ctx: Context, before: Dispute, told: ProviderDispute): Promise<Dispute | null> {
  const after = changed(before, told, ctx.clock());
  if (!after) return before;
  return transactOne(ctx, async (inner) => {
    const follows = followsFrom(inner, before, after);
    return (await updateDispute(inner.db, after, inner.clock(), follows)) ? after : null;
  });
}

const tries = 8;

/** Brings our note of a dispute to where the provider has it: webhook, timer and reconciler come here. */
export async function syncDispute(ctx: Context, providerDisputeId: string): Promise<void> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    // Read before the provider is asked: an answer to an older version is not applied.
    const [known] = await findDisputesOfProvider(ctx.db, [providerDisputeId]);
    const told = await ctx.provider.getDispute(providerDisputeId);
    if (known ? await apply(ctx, known, told) : await open(ctx, told)) return;
  }
  throw new Error(`Dispute ${providerDisputeId} changed ${tries} times while the provider was asked.`);
}

/** Timer: asks the provider about a dispute that is not closed, and sets the next one. */
export async function checkDispute(ctx: Context, disputeId: string): Promise<void> {
  const dispute = await findDispute(ctx.db, disputeId);
  if (!dispute || isClosed(dispute)) return;
  try {
    await syncDispute(ctx, dispute.providerDisputeId);
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    ctx.log.warn({ err: error.cause, disputeId }, error.message);
  }
  const after = await findDispute(ctx.db, disputeId);
  const runAt = after && nextCheckAt(after, ctx.clock());
  if (runAt) await schedule(ctx, { ...timerOf(disputeId), runAt });
}

/** Disputes to compare with the provider's. */
export const findDisputesToCompare = (
  ctx: Context,
  providerDisputeIds: readonly string[],
): Promise<Dispute[]> => findDisputesOfProvider(ctx.db, providerDisputeIds);

/** Staff's list of disputes, the newest first. */
export async function disputes(
  ctx: Context,
  parameters: PageArguments & { status?: DisputeStatus | null | undefined },
): Promise<Connection<Dispute>> {
  requirePermission(ctx.viewer, 'payments:read');
  const page = pageOf(parameters, ['id']);
  const [after = null] = page.after ?? [];
  const status = parameters.status ?? null;
  const rows = await findDisputes(ctx.db, { status, after, limit: page.limit + 1 });
  return connectionOf(rows, page, (row) => [row.id]);
}
