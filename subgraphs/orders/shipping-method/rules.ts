/** A shipping method: where parcels go with it, and what that costs by weight and value. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import type { TaxCategory } from '../tax/rules.js';

export interface ShippingTier {
  maxWeightGrams: number | null;
  /** Minor units. */
  maxValue: bigint | null;
  price: bigint;
}

export interface ShippingMethod {
  id: string;
  code: string;
  name: string;
  carrier: string;
  service: string;
  countries: string[];
  currencyCode: string;
  tiers: ShippingTier[];
  freeAbove: bigint | null;
  estimatedDaysMin: number;
  estimatedDaysMax: number;
  taxCategory: TaxCategory;
  active: boolean;
}

export interface Parcel {
  country: string;
  currencyCode: string;
  weightGrams: number;
  /** Of the articles, after discounts; minor units. */
  value: bigint;
}

/** What the parcel costs, as prices in its currency are; null where the method does not take it. */
export function shippingPrice(method: ShippingMethod, parcel: Parcel): bigint | null {
  if (!method.active || method.currencyCode !== parcel.currencyCode) return null;
  if (!method.countries.includes(parcel.country)) return null;
  const tier = method.tiers.find(
    (one) =>
      (one.maxWeightGrams === null || parcel.weightGrams <= one.maxWeightGrams) &&
      (one.maxValue === null || parcel.value <= one.maxValue),
  );
  if (!tier) return null;
  return method.freeAbove !== null && parcel.value >= method.freeAbove ? 0n : tier.price;
}

/** What is wrong with a method that staff want to make. */
export function shippingMethodErrors(method: Omit<ShippingMethod, 'id' | 'active'>): UserError[] {
  const errors: UserError[] = [];
  if (!/^[a-z0-9][a-z0-9-]{1,39}$/.test(method.code))
    errors.push(invalidInput('The code is 2 to 40 small letters, digits and "-".', ['code']));
  if (method.name.trim() === '') errors.push(invalidInput('A name is needed.', ['name']));
  if (method.countries.length === 0) errors.push(invalidInput('Name one country at least.', ['countries']));
  if (method.tiers.length === 0) errors.push(invalidInput('Name one price at least.', ['tiers']));
  if (method.tiers.some((tier) => tier.price < 0n || (tier.maxWeightGrams ?? 1) <= 0))
    errors.push(invalidInput('Prices are not negative, weights positive.', ['tiers']));
  if (method.estimatedDaysMin < 0 || method.estimatedDaysMax < method.estimatedDaysMin)
    errors.push(
      invalidInput('The days are at least 0, the most not less than the least.', ['estimatedDaysMax']),
    );
  return errors;
}
