/** Whether a payment may be tried at all: the shop's rules for amounts and currencies, and how likely it is fraud. */
import type { Money } from '../../shared/money.js';

export interface ComplianceCheck {
  passed: boolean;
  reasons: string[];
}

interface CurrencyLimits {
  /** The least that the provider charges, minor units. */
  least: bigint;
  /** From here on an amount counts as large, minor units. */
  large: bigint;
  /** The most that the shop takes in one payment, minor units. */
  most: bigint;
}

const limits = (least: bigint, large: bigint, most: bigint): CurrencyLimits => ({ least, large, most });

/**
 * The currencies that can be paid with. Only those whose minor unit at the provider is that of ISO 4217 (not ISK, UGX).
 * `least` as Stripe documents it; `large` is about 1,000 and `most` about 20,000 euros.
 */
export const currencies: Readonly<Record<string, CurrencyLimits>> = {
  EUR: limits(50n, 100_000n, 2_000_000n),
  USD: limits(50n, 100_000n, 2_000_000n),
  GBP: limits(30n, 90_000n, 1_800_000n),
  CHF: limits(50n, 100_000n, 2_000_000n),
  CAD: limits(50n, 150_000n, 3_000_000n),
  AUD: limits(50n, 170_000n, 3_500_000n),
  NZD: limits(50n, 190_000n, 3_800_000n),
  JPY: limits(50n, 160_000n, 3_300_000n),
  SEK: limits(300n, 1_100_000n, 22_000_000n),
  NOK: limits(300n, 1_150_000n, 23_000_000n),
  DKK: limits(250n, 750_000n, 15_000_000n),
  PLN: limits(200n, 430_000n, 8_600_000n),
  CZK: limits(1_500n, 2_500_000n, 50_000_000n),
};

/** Passed, or every rule that was not met. */
export function checkCompliance({ amount, currencyCode }: Money): ComplianceCheck {
  const currency = currencies[currencyCode];
  if (!currency) return { passed: false, reasons: ['CURRENCY_NOT_SUPPORTED'] };
  if (amount < currency.least) return { passed: false, reasons: ['AMOUNT_TOO_SMALL'] };
  if (amount > currency.most) return { passed: false, reasons: ['AMOUNT_TOO_LARGE'] };
  return { passed: true, reasons: [] };
}

/** What is known of a customer when a payment begins; counted without the payment itself, and but for `succeeded` without those that staff began. */
export interface CustomerHistory {
  /** Payments that failed in the last 24 hours. */
  failedInDay: number;
  /** Payments begun in the last hour. */
  begunInHour: number;
  /** Orders of the last 24 hours with payments of which none succeeded. */
  unpaidOrdersInDay: number;
  /** Payments that ever succeeded. */
  succeeded: number;
}

export interface RiskReason {
  code: string;
  message: string;
  /** 0 to 1. */
  weight: number;
}

export type RiskLevel = 'LOW' | 'MEDIUM' | 'HIGH';

export interface RiskAssessment {
  /** 0 to 1. */
  score: number;
  level: RiskLevel;
  /** The weightiest first. */
  reasons: RiskReason[];
}

interface RiskRule {
  code: string;
  message: string;
  /** Judges how often and how fast a customer tries: says nothing of what staff do for one. */
  velocity?: true;
  measure: (history: CustomerHistory, amount: Money) => number;
  /** From which measure on which weight counts, the highest step that is reached; ascending. */
  steps: readonly (readonly [from: number, weight: number])[];
}

const timesLarge = ({ amount, currencyCode }: Money): number => {
  const large = currencies[currencyCode]?.large;
  return large ? Number(amount) / Number(large) : 0;
};

/** Card testing shows as many failures and many tries; a first purchase that is large is the classic of stolen cards. */
export const riskRules: readonly RiskRule[] = [
  {
    code: 'MANY_FAILED_PAYMENTS',
    message: 'Many payments of this customer failed in the last 24 hours.',
    velocity: true,
    measure: (history) => history.failedInDay,
    steps: [
      [3, 0.3],
      [5, 0.6],
      [8, 0.85],
    ],
  },
  {
    code: 'MANY_PAYMENTS',
    message: 'This customer began many payments in the last hour.',
    velocity: true,
    measure: (history) => history.begunInHour,
    steps: [
      [5, 0.2],
      [10, 0.5],
      [20, 0.85],
    ],
  },
  {
    code: 'MANY_UNPAID_ORDERS',
    message: 'This customer tried to pay many orders without success in the last 24 hours.',
    velocity: true,
    measure: (history) => history.unpaidOrdersInDay,
    steps: [
      [3, 0.3],
      [6, 0.6],
    ],
  },
  {
    code: 'LARGE_AMOUNT',
    message: 'The amount is large.',
    measure: (_history, amount) => timesLarge(amount),
    steps: [
      [1, 0.15],
      [5, 0.35],
    ],
  },
  {
    code: 'LARGE_FIRST_PAYMENT',
    message: 'The amount is large and this customer has never paid here before.',
    measure: (history, amount) => (history.succeeded === 0 ? timesLarge(amount) : 0),
    steps: [
      [1, 0.2],
      [5, 0.3],
    ],
  },
];

/** Over this a payment is refused. */
export const refusedOver = 0.8;

const levelOf = (score: number): RiskLevel => (score < 0.3 ? 'LOW' : score < 0.6 ? 'MEDIUM' : 'HIGH');

const rounded = (score: number): number => Math.round(score * 1000) / 1000;

/** Weights join as independent probabilities: 1 - (1 - a)(1 - b)... */
export function assessRisk(
  history: CustomerHistory,
  amount: Money,
  initiator: 'customer' | 'staff',
): RiskAssessment {
  const rules = riskRules.filter((rule) => initiator === 'customer' || !rule.velocity);
  const reasons = rules.flatMap(({ code, message, measure, steps }): RiskReason[] => {
    const value = measure(history, amount);
    const weight = steps.findLast(([from]) => value >= from)?.[1];
    return weight === undefined ? [] : [{ code, message, weight }];
  });
  reasons.sort((a, b) => b.weight - a.weight);
  const score = rounded(1 - reasons.reduce((rest, { weight }) => rest * (1 - weight), 1));
  return { score, level: levelOf(score), reasons };
}
