/** How likely a payment is fraud: named rules over facts, each with a weight, joined to a score that decides. */
import type { Money } from '../../shared/money.js';
import type { CurrencyLimits } from '../compliance/rules.js';

/**
 * What our own payments tell of a customer when one begins. What staff began counts as paid and not as tried. Paid is what the
 * shop kept: not what went back, is on its way back, or is disputed; and of other orders than the one that is being paid.
 */
export interface CustomerHistory {
  /** Payments that the provider declined in the last 24 hours. */
  failedInDay: number;
  /** Orders of the last 24 hours with payments of which none succeeded. */
  unpaidOrdersInDay: number;
  /** Orders that the customer has paid before. */
  paidOrders: number;
  /** The most that was paid for one of them in the payment's currency, minor units; null: none. */
  largestPaid: bigint | null;
  /** The median of what was paid for each in that currency; null where they are fewer than three and no habit. */
  medianPaid: bigint | null;
}

/** How often something was used to pay, without the attempt itself; counted before it is decided on, so that twins see each other. */
export interface Velocity {
  inHour: number;
  inDay: number;
  /** Payments of the same orders that the provider declined in the last 24 hours. */
  failedInDay: number;
}

/** Of one account, address or card no more attempts are remembered than this. */
export const mostCounted = 200;

/** What orders knows of the buyer, and no personal data. Null: not known. */
export interface BuyerFacts {
  accountCreatedAt: Date | null;
  mailDomain: string | null;
  shippingCountry: string | null;
  billingCountry: string | null;
  ipCountry: string | null;
  /** Keyed hashes: shared/buyer-keys.ts. */
  addressKey: string | null;
  mailKey: string | null;
  ipKey: string | null;
  minimumAge: number | null;
  confirmedAge: number | null;
}

export interface RiskFacts {
  amount: Money;
  initiator: 'customer' | 'staff';
  now: Date;
  history: CustomerHistory;
  velocity: { account: Velocity | null; address: Velocity | null; card: Velocity | null };
  buyer: BuyerFacts;
  cardCountry: string | null;
}

/** From which measure on which weight (0 to 1) counts: the last step that is reached. Both ascend. */
export type Steps = readonly (readonly [from: number, weight: number])[];

export interface RiskSettings {
  currencies: Readonly<Record<string, CurrencyLimits>>;
  /** Scores from which on a payment is unusual, and needs 3-D Secure. */
  mediumFrom: number;
  strongAuthenticationFrom: number;
  /** Scores over this are refused. */
  refusedOver: number;
  newAccountHours: number;
  disposableMailDomains: ReadonlySet<string>;
  /** When the provider is asked whose card an unsaved method is, before the payment begins. */
  cardLookup: 'never' | 'suspicious' | 'always';
  steps: Readonly<Record<RiskCode, Steps>>;
}

interface RiskRule {
  message: string;
  /** Judges how often and how fast somebody tries: says nothing of what staff do for one. */
  velocity?: true;
  /** What the steps' numbers count. */
  counts: string;
  measure: (facts: RiskFacts, settings: RiskSettings) => number;
  /** Where the configuration does not say otherwise. */
  steps: Steps;
}

const rule = (one: RiskRule): RiskRule => one;

const timesLarge = ({ amount }: RiskFacts, { currencies }: RiskSettings): number => {
  const large = currencies[amount.currencyCode]?.large;
  return large ? Number(amount.amount) / Number(large) : 0;
};

/** How many times what was paid before; small amounts grow without harm, so nothing under a fifth of a large one. */
const timesPaid = (paid: bigint | null, facts: RiskFacts, settings: RiskSettings): number =>
  paid === null || timesLarge(facts, settings) < 0.2 ? 0 : Number(facts.amount.amount) / Number(paid);

/** Countries beside the first that shipping, bill, card and connection name. */
const otherCountries = ({ buyer, cardCountry }: RiskFacts): number => {
  const named = [buyer.shippingCountry, buyer.billingCountry, buyer.ipCountry, cardCountry];
  return Math.max(0, new Set(named.filter((country) => country !== null)).size - 1);
};

/** Whether the domain or one that it belongs to is listed. */
export function isDisposable(domain: string | null, listed: ReadonlySet<string>): boolean {
  const labels = domain?.toLowerCase().split('.') ?? [];
  return labels.some((_label, i) => listed.has(labels.slice(i).join('.')));
}

const isNewAccount = ({ buyer, now }: RiskFacts, { newAccountHours }: RiskSettings): boolean =>
  buyer.accountCreatedAt !== null &&
  now.getTime() - buyer.accountCreatedAt.getTime() < newAccountHours * 3_600_000;

/** Card testing shows as many failures and many tries; a first purchase that is large is the classic of stolen cards. */
export const riskRules = {
  MANY_FAILED_PAYMENTS: rule({
    message: 'Many payments of this customer failed in the last 24 hours.',
    velocity: true,
    counts: 'payments of the account that the provider declined in 24 hours',
    measure: ({ history }) => history.failedInDay,
    steps: [
      [3, 0.3],
      [5, 0.6],
      [8, 0.85],
    ],
  }),
  MANY_PAYMENTS: rule({
    message: 'This customer began many payments in the last hour.',
    velocity: true,
    counts: 'payments of the account that were begun in an hour before this one',
    measure: ({ velocity }) => velocity.account?.inHour ?? 0,
    steps: [
      [5, 0.2],
      [10, 0.6],
      [20, 0.85],
    ],
  }),
  MANY_UNPAID_ORDERS: rule({
    message: 'This customer tried to pay many orders without success in the last 24 hours.',
    velocity: true,
    counts: 'orders of the account with payments of which none succeeded, in 24 hours',
    measure: ({ history }) => history.unpaidOrdersInDay,
    steps: [
      [3, 0.3],
      [6, 0.6],
    ],
  }),
  MANY_PAYMENTS_OF_ADDRESS: rule({
    message: 'Many payments for goods to this address were begun in the last hour, by whoever.',
    velocity: true,
    counts: 'payments for the shipping address that were begun in an hour before this one',
    measure: ({ velocity }) => velocity.address?.inHour ?? 0,
    steps: [
      [10, 0.3],
      [20, 0.6],
      [40, 0.85],
    ],
  }),
  MANY_FAILED_PAYMENTS_OF_ADDRESS: rule({
    message: 'Many payments for goods to this address failed in the last 24 hours, by whoever.',
    velocity: true,
    counts: 'payments of orders to the shipping address that the provider declined in 24 hours',
    measure: ({ velocity }) => velocity.address?.failedInDay ?? 0,
    steps: [
      [5, 0.3],
      [10, 0.6],
      [15, 0.85],
    ],
  }),
  MANY_PAYMENTS_OF_CARD: rule({
    message: 'Many payments with this card were begun in the last 24 hours, by whoever.',
    velocity: true,
    counts: 'payments with the card that were begun in 24 hours before this one',
    measure: ({ velocity }) => velocity.card?.inDay ?? 0,
    steps: [
      [5, 0.3],
      [10, 0.6],
      [20, 0.85],
    ],
  }),
  LARGE_AMOUNT: rule({
    message: 'The amount is large.',
    counts: 'the amount, in times of what the currency has as large',
    measure: timesLarge,
    steps: [
      [1, 0.15],
      [5, 0.35],
      [10, 0.45],
    ],
  }),
  LARGE_FIRST_PAYMENT: rule({
    message: 'The amount is large and this customer has never paid here before.',
    counts: 'the amount of a first payment, in times of what the currency has as large',
    measure: (facts, settings) => (facts.history.paidOrders > 0 ? 0 : timesLarge(facts, settings)),
    steps: [
      [1, 0.2],
      [5, 0.4],
    ],
  }),
  LARGE_AMOUNT_OF_NEW_ACCOUNT: rule({
    message: 'The amount is high and the account is new.',
    counts:
      'the amount of an account that is younger than newAccountHours, in times of what the currency has as large',
    measure: (facts, settings) => (isNewAccount(facts, settings) ? timesLarge(facts, settings) : 0),
    steps: [
      [0.5, 0.15],
      [2, 0.35],
    ],
  }),
  AMOUNT_ABOVE_HISTORY: rule({
    message: 'The amount is far over everything that this customer has paid here.',
    counts:
      'the amount, in times of the most that the account has paid for one order so far; none under a fifth of a large amount',
    measure: (facts, settings) => timesPaid(facts.history.largestPaid, facts, settings),
    steps: [
      [5, 0.2],
      [20, 0.45],
    ],
  }),
  AMOUNT_ABOVE_USUAL: rule({
    message: 'The amount is far over what this customer usually pays here.',
    counts:
      'the amount, in times of the median of what the account has paid for each of three or more orders; none under a fifth of a large amount',
    measure: (facts, settings) => timesPaid(facts.history.medianPaid, facts, settings),
    steps: [
      [10, 0.15],
      [30, 0.3],
    ],
  }),
  COUNTRY_MISMATCH: rule({
    message: 'Shipping, bill, card and connection are of different countries.',
    counts: 'countries beside the first that shipping, bill, card and connection name',
    measure: otherCountries,
    steps: [
      [1, 0.15],
      [2, 0.45],
      [3, 0.6],
    ],
  }),
  DISPOSABLE_MAIL: rule({
    message: 'The e-mail address is of a service for throw-away addresses.',
    counts: '1 where the domain of the address, or one above, is in disposableMailDomains',
    measure: ({ buyer }, { disposableMailDomains }) =>
      isDisposable(buyer.mailDomain, disposableMailDomains) ? 1 : 0,
    steps: [[1, 0.3]],
  }),
};

export type RiskCode = keyof typeof riskRules;
export const riskCodes = Object.keys(riskRules) as RiskCode[];

export interface RiskReason {
  code: string;
  message: string;
  /** 0 to 1. */
  weight: number;
  /** The entry of a list that decided, where one did. */
  listEntryId?: string;
}

export type RiskLevel = 'LOW' | 'MEDIUM' | 'HIGH';
export type RiskDecision = 'ACCEPTED' | 'STRONG_AUTHENTICATION' | 'REFUSED';

export interface RiskAssessment {
  /** 0 to 1. */
  score: number;
  level: RiskLevel;
  decision: RiskDecision;
  /** The weightiest first. */
  reasons: RiskReason[];
}

/** A failure's code as it is told: which of the shop's own rules refused is for staff. */
export const toldCode = (code: string | null, staff: boolean): string | null =>
  !staff && (code === 'risk_refused' || code === 'compliance_refused') ? 'refused' : code;

/** Weights join as independent probabilities: 1 - (1 - a)(1 - b)..., to three digits. Never lower for one more. */
export const joined = (weights: readonly number[]): number =>
  Math.round((1 - weights.reduce((rest, weight) => rest * (1 - weight), 1)) * 1000) / 1000;

const levelOf = (score: number, settings: RiskSettings): RiskLevel =>
  score < settings.mediumFrom ? 'LOW' : score < settings.strongAuthenticationFrom ? 'MEDIUM' : 'HIGH';

function decisionOf(score: number, { refusedOver, strongAuthenticationFrom }: RiskSettings): RiskDecision {
  if (score > refusedOver) return 'REFUSED';
  return score >= strongAuthenticationFrom ? 'STRONG_AUTHENTICATION' : 'ACCEPTED';
}

/** The weight that a rule has for these facts; null: none. */
function weightOf(code: RiskCode, facts: RiskFacts, settings: RiskSettings): number | null {
  const { velocity, measure } = riskRules[code];
  if (velocity && facts.initiator === 'staff') return null;
  const value = measure(facts, settings);
  return settings.steps[code].findLast(([from]) => value >= from)?.[1] ?? null;
}

export function assessRisk(facts: RiskFacts, settings: RiskSettings): RiskAssessment {
  const reasons = riskCodes.flatMap((code): RiskReason[] => {
    const weight = weightOf(code, facts, settings);
    return weight === null ? [] : [{ code, message: riskRules[code].message, weight }];
  });
  reasons.sort((a, b) => b.weight - a.weight);
  const score = joined(reasons.map(({ weight }) => weight));
  return { score, level: levelOf(score, settings), decision: decisionOf(score, settings), reasons };
}
