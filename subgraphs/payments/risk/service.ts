import type { Money } from '../../shared/money.js';
import { requirePermission } from '../../shared/viewer.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import type { Context } from '../context.js';
import type { Payment } from '../payment/rules.js';
import { ProviderRefused } from '../provider/provider.js';
import {
  assessRisk,
  type BuyerFacts,
  type CustomerHistory,
  type RiskAssessment,
  type RiskFacts,
  type RiskLevel,
} from './rules.js';
import { countCard, deleteOldVelocity, findNotablePayments } from './store.js';
import { subjectOf, type Attempt, type VelocityRow } from './velocity.js';

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
}

/**
 * The judgement on an attempt that has been counted. Whose card a saved method is, is known; for another the provider is
 * asked as the configuration says (`lookUp`: and where it may matter at all), which costs a call and a statement.
 */
export async function assess(
  ctx: Context,
  subject: RiskSubject,
  { savedMethod, velocity, ...history }: RiskHistory,
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
  const first = assessRisk(facts, settings);
  const wanted =
    settings.cardLookup === 'always' || (settings.cardLookup === 'suspicious' && first.level !== 'LOW');
  if (!lookUp || savedMethod || !wanted || first.decision === 'REFUSED') return first;
  const card = await lookUpCard(ctx, subject, at);
  return card ? assessRisk({ ...facts, ...card(facts) }, settings) : first;
}

/** Asks the provider whose card it is, and counts the attempt for it. Null: no card, or no such method, which the payment itself will find. */
async function lookUpCard(
  ctx: Context,
  { orderId, attemptKey, initiatedBy, paymentMethodId }: RiskSubject,
  at: Date,
): Promise<((facts: RiskFacts) => Pick<RiskFacts, 'velocity' | 'cardCountry'>) | null> {
  const method = await ctx.provider.getMethod(paymentMethodId).catch((error: unknown) => {
    if (error instanceof ProviderRefused) return null;
    throw error;
  });
  if (!method?.card) return null;
  const { fingerprint, country } = method.card;
  const attempt: Attempt = { orderId, attemptKey, at };
  const counted =
    fingerprint === null || initiatedBy !== null
      ? {}
      : await countCard(ctx.db, subjectOf('card', cardKeyOf(ctx, fingerprint)), attempt);
  return ({ velocity }) => ({
    velocity: { ...velocity, card: counted.card ?? null },
    cardCountry: country,
  });
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
