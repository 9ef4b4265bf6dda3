/** A tax rate: what a country, or a region of it, takes on a category of articles. */
import { proportion, type Rounding } from '../../shared/money.js';
import type { Destination } from '../delivery/destination.js';

export const taxCategories = ['STANDARD', 'REDUCED', 'ZERO'] as const;
export type TaxCategory = (typeof taxCategories)[number];

/** A tax as it stands on a line. */
export interface AppliedTax {
  /** Parts per million: 8.875 % is 88750. */
  ratePpm: number;
  name: string;
}

export interface TaxRate extends AppliedTax {
  id: string;
  country: string;
  /** ISO 3166-2 without the country; empty: everywhere that has no rate of its own. */
  region: string;
  taxCategory: TaxCategory;
}

/** What the shop has set for one destination. */
export interface TaxTable {
  /** Of the country, and of the destination's region. */
  rates: TaxRate[];
  /** Whether any region of the country has a rate of its own. */
  byRegion: boolean;
}

export interface Taxed {
  net: bigint;
  tax: bigint;
  gross: bigint;
}

/** How a shop's prices in a currency stand to tax. */
export interface TaxTerms {
  /** Whether prices have the tax in them. */
  taxIncluded: boolean;
  rounding: Rounding;
}

export const million = 1_000_000n;

/**
 * The tax of a line's amount, which has the tax in it (tax = amount × rate / (1 + rate)) or not (tax = amount × rate);
 * rounded once per line. Minor units.
 */
export function taxOf(amount: bigint, ratePpm: number, { taxIncluded, rounding }: TaxTerms): Taxed {
  const rate = BigInt(ratePpm);
  if (taxIncluded) {
    const tax = proportion(amount, rate, million + rate, rounding);
    return { net: amount - tax, tax, gross: amount };
  }
  const tax = proportion(amount, rate, million, rounding);
  return { net: amount, tax, gross: amount + tax };
}

/**
 * The rate of the destination's region, else the country's. Undefined where there is none, and where it depends on the
 * region and that is not known.
 */
export function rateFor(
  { rates, byRegion }: TaxTable,
  { region }: Destination,
  category: TaxCategory,
): TaxRate | undefined {
  const ofCategory = rates.filter((rate) => rate.taxCategory === category);
  const own = region === null ? undefined : ofCategory.find((rate) => rate.region === region);
  if (own) return own;
  return byRegion && region === null ? undefined : ofCategory.find((rate) => rate.region === '');
}

/** `88750` is `"8.875"`, percent. */
export function percentOf(ratePpm: number): string {
  const fraction = String(ratePpm % 10_000).padStart(4, '0');
  return `${Math.floor(ratePpm / 10_000)}.${fraction}`.replace(/\.?0*$/, '');
}

/** `"8.875"` is `88750`; null where it is no percentage of 0 to 100 with four digits at most. */
export function ppmOf(percent: string): number | null {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(percent);
  if (!match) return null;
  const ppm = Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'));
  return ppm <= 1_000_000 ? ppm : null;
}
