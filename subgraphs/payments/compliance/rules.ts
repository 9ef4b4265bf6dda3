/** Compliance: whether a payment may be tried at all, by the shop's rules for currencies, amounts, countries and ages. */
import type { Money } from '../../shared/money.js';

export interface CurrencyLimits {
  /** The least that can be paid, minor units. */
  least: bigint;
  /** From here on an amount counts as large for the risk rules, minor units. */
  large: bigint;
  /** The most that the shop takes in one payment, minor units. */
  most: bigint;
}

export interface ComplianceSettings {
  currencies: Readonly<Record<string, CurrencyLimits>>;
  sanctionedCountries: ReadonlySet<string>;
  /** By country: the least age for goods for adults, where that is over 18. */
  adultAges: Readonly<Record<string, number>>;
}

export interface ComplianceFacts {
  amount: Money;
  /** ISO 3166-1 alpha-2; null: not known. */
  shippingCountry: string | null;
  billingCountry: string | null;
  /** The greatest age limit of the goods, in years, as the catalogue has it; null: none. */
  minimumAge: number | null;
  /** The age that the buyer has confirmed to have reached. */
  confirmedAge: number | null;
}

export interface ComplianceFinding {
  code: string;
  /** For staff. */
  message: string;
}

export interface ComplianceCheck {
  passed: boolean;
  /** Codes of the rules that were not met. */
  reasons: string[];
  /** The same with what was wrong. */
  findings: ComplianceFinding[];
}

const adult = 18;

/** How old the buyer must be, in years; null: of any age. What is for adults is for those of the country it goes to. */
export function requiredAge(
  { minimumAge, shippingCountry }: Pick<ComplianceFacts, 'minimumAge' | 'shippingCountry'>,
  { adultAges }: Pick<ComplianceSettings, 'adultAges'>,
): number | null {
  if (minimumAge === null || minimumAge < adult) return minimumAge;
  return Math.max(minimumAge, adultAges[shippingCountry ?? ''] ?? adult);
}

interface ComplianceRule {
  code: string;
  /** What is wrong; null: nothing. */
  find: (facts: ComplianceFacts, settings: ComplianceSettings) => string | null;
}

export const complianceRules: readonly ComplianceRule[] = [
  {
    code: 'CURRENCY_NOT_SUPPORTED',
    find: ({ amount }, { currencies }) =>
      currencies[amount.currencyCode] ? null : `The shop takes no ${amount.currencyCode}.`,
  },
  {
    code: 'AMOUNT_TOO_SMALL',
    find: ({ amount }, { currencies }) =>
      amount.amount < (currencies[amount.currencyCode]?.least ?? 0n)
        ? 'The amount is under the least that can be paid in its currency.'
        : null,
  },
  {
    code: 'AMOUNT_TOO_LARGE',
    find: ({ amount }, { currencies }) => {
      const most = currencies[amount.currencyCode]?.most;
      return most !== undefined && amount.amount > most
        ? 'The amount is over the most that the shop takes at once in its currency.'
        : null;
    },
  },
  {
    code: 'COUNTRY_SANCTIONED',
    find: ({ shippingCountry, billingCountry }, { sanctionedCountries }) => {
      const found = [...new Set([shippingCountry, billingCountry])].filter(
        (country) => country !== null && sanctionedCountries.has(country),
      );
      return found.length > 0 ? `The shop does not sell to ${found.join(' and ')}.` : null;
    },
  },
  {
    code: 'AGE_NOT_CONFIRMED',
    find: (facts, settings) => {
      const age = requiredAge(facts, settings);
      return age !== null && (facts.confirmedAge ?? 0) < age
        ? `The goods are for people of ${age} years, and the buyer has not confirmed to be so old.`
        : null;
    },
  },
];

/** Passed, or every rule that was not met. */
export function checkCompliance(facts: ComplianceFacts, settings: ComplianceSettings): ComplianceCheck {
  const findings = complianceRules.flatMap(({ code, find }): ComplianceFinding[] => {
    const message = find(facts, settings);
    return message === null ? [] : [{ code, message }];
  });
  return { passed: findings.length === 0, reasons: findings.map(({ code }) => code), findings };
}

/**
 * What the buyer is told of a refusal, no more than is needed: that an age has to be confirmed, where that is all that
 * stands in the way, and otherwise only that it was refused. Null: nothing was refused.
 */
export function refusalOf({
  passed,
  reasons,
}: ComplianceCheck): 'compliance_refused' | 'age_not_confirmed' | null {
  if (passed) return null;
  return reasons.every((code) => code === 'AGE_NOT_CONFIRMED') ? 'age_not_confirmed' : 'compliance_refused';
}
