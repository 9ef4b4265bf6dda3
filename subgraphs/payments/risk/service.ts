import type { Money } from '../../shared/money.js';
import { requirePermission } from '../../shared/viewer.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import type { Context } from '../context.js';
import type { Payment } from '../payment/rules.js';
import { ProviderRefused } from '../provider/provider.js';
import { decideByLists, type Listed, type RiskList } from '../risk-list/rules.js';
import {
  assessRisk,
  type BuyerFacts,
  type CustomerHistory,
  type RiskAssessment,
  type RiskFacts,
  type RiskLevel,
  type RiskSettings,
  type Velocity,
} from './rules.js';
import { countCard, deleteOldVelocity, findNotablePayments } from './store.js';
import { subjectOf, type VelocityRow } from './velocity.js';

/** An attempt to pay as the risk rules see it. */
export interface RiskSubject {
  orderId: string;
  attemptKey: string;
  customerId: string;
  initiatedBy: string | null;
  amount: Money;
  paymentMethodId: string;
  buyer: BuyerFacts;
}

/** What an attempt is counted under before it is decided on; null: what staff pay for others is not counted. */
export function subjectsOf({
  customerId,
  initiatedBy,
  buyer: { addressKey },
}: Pick<RiskSubject, 'customerId' | 'initiatedBy' | 'buyer'>): string[] | null {
  if (initiatedBy !== null) return null;
  return [
    subjectOf('account', customerId),
    ...(addressKey === null ? [] : [subjectOf('address', addressKey)]),
  ];
}

/** A keyed hash of what the provider tells cards apart by. */
export const cardKeyOf = (ctx: Pick<Context, 'vault'>, fingerprint: string): string =>
  Buffer.from(ctx.vault.blindIndex('card', fingerprint)).toString('base64url');

/** What the payments of customer and order tell; counted with the attempt. */
export interface RiskHistory extends CustomerHistory {
  savedMethod: { cardCountry: string | null } | null;
  velocity: VelocityRow;
  /** Entries that the attempt meets, without those of a card that is not saved. */
  listed: Listed[];
  /** Lists on which any card is. */
  listsOfCards: RiskList[];
}

/** What is known of an attempt, and what follows. */
interface Judged {
  facts: RiskFacts;
  listed: readonly Listed[];
  assessment: RiskAssessment;
}

const judge = (facts: RiskFacts, listed: readonly Listed[], settings: RiskSettings): Judged => ({
  ...{ facts, listed },
  assessment: decideByLists(listed) ?? assessRisk(facts, settings),
});

/** Whether it may matter whose card it is: where a score is not low, and where cards are listed that could decide. */
function isCardWanted(
  { assessment: { level, decision }, listed }: Judged,
  lists: readonly RiskList[],
  { cardLookup }: RiskSettings,
): boolean {
  // Nothing is stronger than a denial; a score that refuses gives way to a card that is allowed.
  if (listed.some(({ list }) => list === 'DENY')) return false;
  if (decision === 'REFUSED' && !lists.includes('ALLOW')) return false;
  if (cardLookup !== 'suspicious') return cardLookup === 'always';
  return level !== 'LOW' || lists.includes('DENY');
}

/**
 * The judgement on an attempt that has been counted. Whose card a saved method is, is known; for another the provider is
 * asked as the configuration says (`lookUp`: and where it may matter at all), which costs a call and a statement.
 */
export async function assess(
  ctx: Context,
  subject: RiskSubject,
  { savedMethod, velocity, listed, listsOfCards, ...history }: RiskHistory,
  lookUp: boolean,
): Promise<RiskAssessment> {
  const settings = ctx.rules.risk;
  const at = ctx.clock();
  const facts: RiskFacts = {
    amount: subject.amount,
    initiator: subject.initiatedBy === null ? 'customer' : 'staff',
    now: at,
    history,
    velocity: {
      account: velocity.account ?? null,
      address: velocity.address ?? null,
      card: velocity.card ?? null,
    },
    buyer: subject.buyer,
    cardCountry: savedMethod?.cardCountry ?? null,
  };
  const first = judge(facts, listed, settings);
  if (!lookUp || savedMethod || !isCardWanted(first, listsOfCards, settings)) return first.assessment;
  const card = await lookUpCard(ctx, subject, at);
  if (!card) return first.assessment;
  const known = { ...facts, velocity: { ...facts.velocity, card: card.velocity }, cardCountry: card.country };
  return judge(known, [...listed, ...card.listed], settings).assessment;
}

interface Card {
  velocity: Velocity | null;
  country: string | null;
  listed: Listed[];
}

/** Asks the provider whose card it is, and counts the attempt for it. Null: no card, or no such method, which the payment itself will find. */
async function lookUpCard(
  ctx: Context,
  { orderId, attemptKey, initiatedBy, paymentMethodId }: RiskSubject,
  at: Date,
): Promise<Card | null> {
  const method = await ctx.provider.getMethod(paymentMethodId).catch((error: unknown) => {
    if (error instanceof ProviderRefused) return null;
    throw error;
  });
  if (!method?.card) return null;
  const { fingerprint, country } = method.card;
  if (fingerprint === null) return { velocity: null, country, listed: [] };
  const counts = initiatedBy === null;
  const found = await countCard(ctx.db, cardKeyOf(ctx, fingerprint), { orderId, attemptKey, at }, counts);
  return { velocity: found.velocity.card ?? null, country, listed: found.listed };
}

const dayMs = 86_400_000;
const forgottenAtOnce = 5_000;

/** Forgets what was last counted more than two days ago, when no rule looks at it any more. Safe to run twice. */
export async function forgetOldVelocity(ctx: Context): Promise<void> {
  const before = new Date(ctx.clock().getTime() - 2 * dayMs);
  while ((await deleteOldVelocity(ctx.db, before, forgottenAtOnce)) === forgottenAtOnce);
}

export interface NotableFilter {
  riskLevel?: RiskLevel | null | undefined;
  refused?: boolean | null | undefined;
}

/** Payments that a person should look at, the newest first; for staff. Two statements. */
export async function payments(
  ctx: Context,
  { filter, ...parameters }: PageArguments & { filter?: NotableFilter | null | undefined },
): Promise<Connection<Payment>> {
  requirePermission(ctx.viewer, 'payments:read');
  const page = pageOf(parameters, ['id']);
  const ids = await findNotablePayments(ctx.db, {
    riskLevel: filter?.riskLevel ?? null,
    refused: filter?.refused ?? null,
    after: page.after?.[0] ?? null,
    limit: page.limit + 1,
  });
  const found = await ctx.loaders.payment.loadMany(ids);
  const rows = found.filter((one): one is Payment => one !== null && !(one instanceof Error));
  return connectionOf(rows, page, (payment) => [payment.id]);
}
