/** A tax rate: what a country takes on a category of articles. Shop prices include it. */
import { proportion } from '../../shared/money.js';

export const taxCategories = ['STANDARD', 'REDUCED', 'ZERO'] as const;
export type TaxCategory = (typeof taxCategories)[number];

export interface TaxRate {
  id: string;
  country: string;
  taxCategory: TaxCategory;
  /** Hundredths of a percent. */
  rateBasisPoints: number;
  name: string;
}

export interface Taxed {
  net: bigint;
  tax: bigint;
  gross: bigint;
}

/** Splits a price that includes tax; rounded per line, halves away from zero. */
export function taxOf(gross: bigint, rateBasisPoints: number): Taxed {
  const tax = proportion(gross, BigInt(rateBasisPoints), 10_000n + BigInt(rateBasisPoints));
  return { net: gross - tax, tax, gross };
}

export const rateFor = (rates: readonly TaxRate[], category: TaxCategory): TaxRate | undefined =>
  rates.find((rate) => rate.taxCategory === category);
