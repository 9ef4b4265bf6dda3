import { amountIn, optionalAmountIn } from '../pricing/inputs.js';
import type { ShippingTierInput } from '../resolver-types.generated.js';
import type { ShippingTier } from './rules.js';

/** Tiers from the SDL's input, in the method's currency. */
export const tiersIn = (currencyCode: string, tiers: readonly ShippingTierInput[]): ShippingTier[] =>
  tiers.map((tier, i) => {
    const at = (field: string): string[] => ['tiers', String(i), field];
    return {
      zoneId: tier.zoneId ?? null,
      maxWeightGrams: tier.maxWeightGrams ?? null,
      maxValue: optionalAmountIn(currencyCode, tier.maxValue, at('maxValue')),
      price: amountIn(currencyCode, tier.price, at('price')),
      freeAbove: optionalAmountIn(currencyCode, tier.freeAbove, at('freeAbove')),
    };
  });
