/** A shipping method: where parcels go with it, and what that costs by zone, weight and value. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import type { Destination } from '../delivery/destination.js';
import { contains, type ShippingZone } from '../shipping-zone/rules.js';
import type { TaxCategory } from '../tax/rules.js';

export interface ShippingTier {
  /** Null: all of the method's countries. */
  zoneId: string | null;
  maxWeightGrams: number | null;
  /** Minor units. */
  maxValue: bigint | null;
  price: bigint;
  /** From this value of articles on it costs nothing; null: as the method says. */
  freeAbove: bigint | null;
}

export interface ShippingMethod {
  id: string;
  code: string;
  name: string;
  carrier: string;
  service: string;
  /** Where tiers without a zone go. */
  countries: string[];
  currencyCode: string;
  tiers: ShippingTier[];
  freeAbove: bigint | null;
  estimatedDaysMin: number;
  estimatedDaysMax: number;
  /** Hour of the shop's day after which a parcel leaves a working day later. */
  cutoffHour: number | null;
  taxCategory: TaxCategory;
  active: boolean;
}

export interface Parcel {
  destination: Destination;
  currencyCode: string;
  weightGrams: number;
  /** Of the articles, after discounts; minor units. */
  value: bigint;
}

type Zones = readonly Pick<ShippingZone, 'id' | 'areas'>[];

const goesThere = (method: ShippingMethod, tier: ShippingTier, to: Destination, zones: Zones): boolean =>
  tier.zoneId === null
    ? method.countries.includes(to.country)
    : zones.some((zone) => zone.id === tier.zoneId && contains(zone, to));

/** Whether some parcel may go there with it. */
export const reaches = (method: ShippingMethod, to: Destination, zones: Zones): boolean =>
  method.active && method.tiers.some((tier) => goesThere(method, tier, to, zones));

/**
 * What the parcel costs, as prices in its currency are; null where the method does not take it. The first tier that fits the
 * place, the weight and the value counts.
 */
export function shippingPrice(method: ShippingMethod, parcel: Parcel, zones: Zones): bigint | null {
  if (!method.active || method.currencyCode !== parcel.currencyCode) return null;
  const tier = method.tiers.find(
    (one) =>
      goesThere(method, one, parcel.destination, zones) &&
      (one.maxWeightGrams === null || parcel.weightGrams <= one.maxWeightGrams) &&
      (one.maxValue === null || parcel.value <= one.maxValue),
  );
  if (!tier) return null;
  const freeAbove = tier.freeAbove ?? method.freeAbove;
  return freeAbove !== null && parcel.value >= freeAbove ? 0n : tier.price;
}

/** The zones that its tiers name, once each. */
export const zoneIdsOf = ({ tiers }: Pick<ShippingMethod, 'tiers'>): string[] => [
  ...new Set(tiers.flatMap(({ zoneId }) => (zoneId === null ? [] : [zoneId]))),
];

const maxTiers = 200;

/** What is wrong with a method that staff want to have; `known` are the zones that there are. */
export function shippingMethodErrors(
  method: Omit<ShippingMethod, 'id' | 'active'>,
  known: readonly string[],
): UserError[] {
  const { countries, tiers, freeAbove, estimatedDaysMin, estimatedDaysMax, cutoffHour } = method;
  const errors: UserError[] = [];
  const wrong = (message: string, field: string): void => void errors.push(invalidInput(message, [field]));
  if (!/^[a-z0-9][a-z0-9-]{1,39}$/.test(method.code))
    wrong('The code is 2 to 40 small letters, digits and "-".', 'code');
  if (method.name.trim() === '') wrong('A name is needed.', 'name');
  if (tiers.length === 0 || tiers.length > maxTiers) wrong(`Name 1 to ${maxTiers} prices.`, 'tiers');
  if (countries.length === 0 && (tiers.length === 0 || tiers.some(({ zoneId }) => zoneId === null)))
    wrong('Name one country at least, or a zone with each price.', 'countries');
  if (zoneIdsOf(method).some((id) => !known.includes(id))) wrong('There is no such zone.', 'tiers');
  const amounts = [freeAbove, ...tiers.flatMap((tier) => [tier.price, tier.maxValue, tier.freeAbove])];
  if (amounts.some((amount) => (amount ?? 0n) < 0n) || tiers.some((tier) => (tier.maxWeightGrams ?? 1) <= 0))
    wrong('Prices and values are not negative, weights positive.', 'tiers');
  if (estimatedDaysMin < 0 || estimatedDaysMax < estimatedDaysMin || estimatedDaysMax > 365)
    wrong('The days are 0 to 365, the most not less than the least.', 'estimatedDaysMax');
  if ((cutoffHour ?? 0) < 0 || (cutoffHour ?? 0) > 24) wrong('The hour is 0 to 24.', 'cutoffHour');
  return errors;
}
