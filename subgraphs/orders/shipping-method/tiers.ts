import type { ShippingTier } from './rules.js';

type TierRow = { [Field in keyof ShippingTier]: ShippingTier[Field] extends bigint ? string : unknown };

const amount = (digits: unknown): bigint | null => (typeof digits === 'string' ? BigInt(digits) : null);

/** Tiers as they stand in the table: amounts as digits. */
export const tiersOf = (tiers: unknown): ShippingTier[] =>
  (tiers as TierRow[]).map((tier) => ({
    zoneId: tier.zoneId as string | null,
    maxWeightGrams: tier.maxWeightGrams as number | null,
    maxValue: amount(tier.maxValue),
    price: BigInt(tier.price),
    freeAbove: amount(tier.freeAbove),
  }));
