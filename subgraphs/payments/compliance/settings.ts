/** What the shop's owner may set of compliance: as it stands in PAYMENT_RULES, and as the rules use it. */
import { z } from 'zod';
import { fromDecimal, isCurrencyCode } from '../../shared/money.js';
import type { ComplianceSettings, CurrencyLimits } from './rules.js';

export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 alpha-2 code, such as DE');

const decimal = z.string().regex(/^\d{1,15}(\.\d{1,6})?$/, 'is not an amount in quotes, such as "19.99"');

const limits = z.strictObject({ least: decimal, large: decimal, most: decimal });
type Limits = z.output<typeof limits>;

const readLimits = (code: string, given: Limits): CurrencyLimits | null => {
  const [least, large, most] = [given.least, given.large, given.most].map((one) => fromDecimal(one, code));
  return least != null && large != null && most != null ? { least, large, most } : null;
};

/** What is wrong with a currency's limits; null: nothing. */
function problemOfLimits(code: string, given: Limits): string | null {
  if (!isCurrencyCode(code)) return `${code} is not an ISO 4217 code`;
  const read = readLimits(code, given);
  if (!read) return `${code} has an amount with more digits than the currency has`;
  return 0n < read.least && read.least < read.large && read.large < read.most
    ? null
    : `${code}: least, large and most must grow in this order`;
}

const currencies = z.record(z.string(), limits.nullable()).superRefine((all, context) => {
  for (const [code, given] of Object.entries(all)) {
    const problem = given && problemOfLimits(code, given);
    if (problem) context.addIssue({ code: 'custom', message: problem, path: [code] });
  }
});

export const complianceSchema = z.strictObject({
  currencies: currencies.optional(),
  sanctionedCountries: z.array(countryCode).optional(),
  adultAges: z.record(countryCode, z.number().int().min(18).max(30)).optional(),
});
export type ComplianceInput = z.output<typeof complianceSchema>;

const euroLike = { least: '0.50', large: '1000.00', most: '20000.00' };

/**
 * The currencies that can be paid with. Only those whose minor unit at the provider is that of ISO 4217 (not ISK, UGX).
 * `least` as Stripe documents it; `large` is about 1,000 and `most` about 20,000 euros.
 */
const defaultCurrencies: Readonly<Record<string, Limits>> = {
  EUR: euroLike,
  USD: euroLike,
  GBP: { least: '0.30', large: '900.00', most: '18000.00' },
  CHF: euroLike,
  CAD: { least: '0.50', large: '1500.00', most: '30000.00' },
  AUD: { least: '0.50', large: '1700.00', most: '35000.00' },
  NZD: { least: '0.50', large: '1900.00', most: '38000.00' },
  JPY: { least: '50', large: '160000', most: '3300000' },
  SEK: { least: '3.00', large: '11000.00', most: '220000.00' },
  NOK: { least: '3.00', large: '11500.00', most: '230000.00' },
  DKK: { least: '2.50', large: '7500.00', most: '150000.00' },
  PLN: { least: '2.00', large: '4300.00', most: '86000.00' },
  CZK: { least: '15.00', large: '25000.00', most: '500000.00' },
};

/** Under wide embargoes of the European Union or the United States; the shop's own lawyer knows better. */
const defaultSanctioned = ['CU', 'IR', 'KP', 'SY'];

/** Where goods for adults are for people older than the 18 years that catalogues say: the ages for spirits. */
const defaultAdultAges: Readonly<Record<string, number>> = {
  ...{ CA: 19, KR: 19, IS: 20, JP: 20, LT: 20, TH: 20 },
  ...{ ID: 21, LK: 21, US: 21 },
};

/** All of it, as PAYMENT_RULES could say it: the defaults with what was given in their place. A currency that is null is not taken. */
export const effectiveCompliance = (given: ComplianceInput = {}) => ({
  currencies: Object.fromEntries(
    Object.entries({ ...defaultCurrencies, ...given.currencies }).filter(
      (entry): entry is [string, Limits] => entry[1] !== null,
    ),
  ),
  sanctionedCountries: given.sanctionedCountries ?? defaultSanctioned,
  adultAges: { ...defaultAdultAges, ...given.adultAges },
});

export function complianceSettings(effective: ReturnType<typeof effectiveCompliance>): ComplianceSettings {
  const read = Object.entries(effective.currencies).map(([code, given]) => [code, readLimits(code, given)]);
  return {
    currencies: Object.fromEntries(read) as ComplianceSettings['currencies'],
    sanctionedCountries: new Set(effective.sanctionedCountries),
    adultAges: effective.adultAges,
  };
}
