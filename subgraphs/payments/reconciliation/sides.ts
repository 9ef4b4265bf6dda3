/**
 * What both sides have of a stretch of time, and of the breaks that are open, however old. The provider is read first: what
 * it has is in our rows by then, since those are written before it is asked for anything.
 */
import { isId } from '../../shared/ids.js';
import type { Context } from '../context.js';
import type { BookedPayment } from '../payment/rules.js';
import { findPaymentsToCompare } from '../payment/service.js';
import { findDisputesToCompare } from '../dispute/service.js';
import type {
  ListedIntent,
  ListedPayout,
  ListedRefund,
  ProviderDispute,
  Stretch,
} from '../provider/provider.js';
import type { BookedRefund } from '../refund/rules.js';
import { findRefundsToCompare } from '../refund/service.js';
import { comparePayouts } from './payouts.js';
import { compareDispute, compareIntent, compareRefund, type Difference } from './rules.js';

/** By the provider's id; null where it was asked and has none. */
type Looked<Entry> = Map<string, Entry | null>;

/** So many that are on no list are asked for one by one in a run: more say the same, that something is very wrong. */
const mostAsked = 200;

/** Asks for those that were not looked at yet. */
async function lookAt<Entry>(
  ctx: Context,
  looked: Looked<Entry>,
  ids: Iterable<string>,
  find: (id: string) => Promise<Entry | null>,
): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !looked.has(id));
  if (missing.length > mostAsked)
    ctx.log.error({ missing: missing.length }, 'far more than expected is not on the list of the provider');
  for (const id of missing.slice(0, mostAsked)) looked.set(id, await find(id));
}

const listed = <Entry extends { id: string }>(entries: Entry[]): Looked<Entry> =>
  new Map(entries.map((entry) => [entry.id, entry]));

const idsIn = (ids: Iterable<string | null | undefined>): string[] =>
  [...ids].filter((id): id is string => typeof id === 'string' && isId(id));
const named = (ids: Iterable<string | null | undefined>): string[] =>
  [...ids].filter((id): id is string => typeof id === 'string');

export interface OpenReferences {
  intentIds: readonly string[];
  refundIds: readonly string[];
  disputeIds: readonly string[];
  payoutIds: readonly string[];
}

/** Ours by the provider's id; by the id that we wrote on it where ours does not know the provider's yet. */
function bookOf<Booked extends { id: string }, Entry>(
  booked: readonly Booked[],
  referenceOf: (one: Booked) => string | null,
  ownIdOf: (entry: Entry) => string | null,
): (reference: string, entry: Entry | null) => Booked | null {
  const byReference = new Map(booked.map((one) => [referenceOf(one), one]));
  const byId = new Map(booked.map((one) => [one.id, one]));
  return (reference, entry) => {
    const own = byId.get((entry && ownIdOf(entry)) ?? '');
    return byReference.get(reference) ?? (own && referenceOf(own) === null ? own : null);
  };
}

/** Everything that differs, and all references that were looked at. */
export async function compareSides(
  ctx: Context,
  stretch: Stretch,
  open: OpenReferences,
): Promise<{ differences: Difference[]; looked: ReadonlySet<string> }> {
  const { provider } = ctx;
  const intents: Looked<ListedIntent> = listed(await provider.listIntents(stretch));
  const refunds: Looked<ListedRefund> = listed(await provider.listRefunds(stretch));
  await lookAt(ctx, intents, open.intentIds, provider.findIntent);
  const disputes: Looked<ProviderDispute> = listed(await provider.listDisputes(stretch));
  const payouts: Looked<ListedPayout> = listed(await provider.listPayouts(stretch));
  await lookAt(ctx, refunds, open.refundIds, provider.findRefund);
  await lookAt(ctx, disputes, open.disputeIds, provider.findDispute);
  await lookAt(ctx, payouts, open.payoutIds, provider.findPayout);
  const now = ctx.clock();

  const bookedRefunds: BookedRefund[] = await findRefundsToCompare(ctx, {
    ...{ ...stretch, providerRefundIds: [...refunds.keys()] },
    ids: idsIn([...refunds.values()].map((refund) => refund?.refundId)),
  });
  const payments: BookedPayment[] = await findPaymentsToCompare(ctx, {
    ...stretch,
    intentIds: [
      ...intents.keys(),
      ...named([...refunds.values(), ...disputes.values()].map((one) => one?.intentId)),
    ],
    ids: idsIn([...intents.values()].map((intent) => intent?.paymentId)),
  });
  const isOfStretch = ({ createdAt }: { createdAt: Date }): boolean =>
    createdAt >= stretch.from && createdAt < stretch.until;
  const intentIds = payments.filter(isOfStretch).map((one) => one.providerIntentId);
  await lookAt(ctx, intents, named(intentIds), provider.findIntent);
  const refundIds = bookedRefunds.filter(isOfStretch).map((one) => one.providerRefundId);
  await lookAt(ctx, refunds, named(refundIds), provider.findRefund);

  const paymentFor = bookOf(
    payments,
    (one) => one.providerIntentId,
    (intent: ListedIntent) => intent.paymentId,
  );
  const refundFor = bookOf(
    bookedRefunds,
    (one) => one.providerRefundId,
    (refund: ListedRefund) => refund.refundId,
  );
  const notedDisputes = await findDisputesToCompare(ctx, [...disputes.keys()]);
  const noted = new Map(notedDisputes.map((one) => [one.providerDisputeId, one]));
  const found = [
    ...[...intents].map(([id, intent]) => compareIntent(id, intent, paymentFor(id, intent), now)),
    ...[...refunds].map(([id, refund]) =>
      compareRefund(id, refund, refundFor(id, refund), paymentFor(refund?.intentId ?? '', null), now),
    ),
    ...[...disputes].map(([id, told]) =>
      compareDispute(id, told, noted.get(id) ?? null, paymentFor(told?.intentId ?? '', null), now),
    ),
    ...(await comparePayouts(
      ctx,
      [...payouts.values()].filter((one) => one !== null),
    )),
  ];
  return {
    differences: found.filter((one) => one !== null),
    looked: new Set([...intents.keys(), ...refunds.keys(), ...disputes.keys(), ...payouts.keys()]),
  };
}
