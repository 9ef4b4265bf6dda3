/** Allow and deny lists of risk: who is refused whatever the fraud score says, and who is not scored. */
import type { BuyerFacts, RiskAssessment, RiskReason } from '../risk/rules.js';

export type RiskList = 'ALLOW' | 'DENY';

/** What can be listed, as it is said in a reason. */
export const listedThings = {
  CUSTOMER: 'account',
  EMAIL: 'e-mail address',
  EMAIL_DOMAIN: "e-mail address's domain",
  CARD: 'card',
  IP_ADDRESS: "connection's IP address",
  IP_COUNTRY: "connection's country",
  ADDRESS: 'shipping address',
} as const;
export type RiskListKind = keyof typeof listedThings;
export const riskListKinds = Object.keys(listedThings) as RiskListKind[];

/** An entry that a payment has met. */
export interface Listed {
  id: string;
  list: RiskList;
  kind: RiskListKind;
}

export interface RiskListEntry extends Listed {
  /** The domain or country; what is personal is kept as a hash alone. */
  value: string | null;
  /** Whose it is, where that is known. */
  customerId: string | null;
  /** The payment whose card it is, where one was named. */
  paymentId: string | null;
  reason: string;
  addedAt: Date;
  addedBy: string | null;
  endsAt: Date | null;
  removedAt: Date | null;
  removedBy: string | null;
}

/** What an entry and a payment are compared by; `value`: a hash where it is personal. */
export const listKeyOf = (kind: RiskListKind, value: string): string => `${kind}:${value}`;

const mostLabels = 8;
/** The domain and those that it belongs to, but for the top one. */
function domainsOf(domain: string): string[] {
  const labels = domain.toLowerCase().split('.').slice(-mostLabels);
  return labels.slice(0, -1).map((_label, i) => labels.slice(i).join('.'));
}

/** Under what a payment may be listed, beside its card. */
export function listKeysOf(
  customerId: string,
  {
    mailKey,
    mailDomain,
    ipKey,
    ipCountry,
    addressKey,
  }: Pick<BuyerFacts, 'mailKey' | 'mailDomain' | 'ipKey' | 'ipCountry' | 'addressKey'>,
): string[] {
  const known: [RiskListKind, string | null][] = [
    ['CUSTOMER', customerId],
    ['EMAIL', mailKey],
    ...domainsOf(mailDomain ?? '').map((domain): [RiskListKind, string] => ['EMAIL_DOMAIN', domain]),
    ['IP_ADDRESS', ipKey],
    ['IP_COUNTRY', ipCountry],
    ['ADDRESS', addressKey],
  ];
  return known.flatMap(([kind, value]) => (value === null ? [] : [listKeyOf(kind, value)]));
}

const reasonOf = ({ id, list, kind }: Listed): RiskReason => ({
  code: `${list === 'DENY' ? 'DENIED' : 'ALLOWED'}_${kind}`,
  message: `The ${listedThings[kind]} is on the ${list === 'DENY' ? 'deny' : 'allow'} list.`,
  weight: list === 'DENY' ? 1 : 0,
  listEntryId: id,
});

/** What the lists decide, with all that was met; null: nothing, the score does. A denial is stronger than a permission. */
export function decideByLists(listed: readonly Listed[]): RiskAssessment | null {
  if (listed.length === 0) return null;
  const denied = listed.some(({ list }) => list === 'DENY');
  const reasons = listed.map(reasonOf).sort((a, b) => b.weight - a.weight);
  return denied
    ? { score: 1, level: 'HIGH', decision: 'REFUSED', reasons }
    : { score: 0, level: 'LOW', decision: 'ACCEPTED', reasons };
}

/** Without its link a denial outlives the person's account for so long. */
export const keptAfterErasureMs = 365 * 86_400_000;
/** So long staff can look at what is off the lists. */
export const keptAfterRemovalMs = 365 * 86_400_000;
