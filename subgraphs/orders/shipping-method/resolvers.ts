import { withUserErrors } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import { amountIn, optionalAmountIn } from '../pricing/inputs.js';
import type {
  MutationResolvers,
  QueryResolvers,
  ShippingMethodResolvers,
} from '../resolver-types.generated.js';
import { createShippingMethod, shippingMethods } from './service.js';

export const Query = {
  shippingMethods: (_parent, _args, ctx) => shippingMethods(ctx),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  createShippingMethod: (_parent, { input }, ctx) =>
    withUserErrors(() => {
      const currencyCode = input.currencyCode ?? ctx.config.shop.currencyCode;
      return createShippingMethod(ctx, {
        ...input,
        countries: [...input.countries],
        currencyCode,
        taxCategory: input.taxCategory ?? 'STANDARD',
        freeAbove: optionalAmountIn(currencyCode, input.freeAbove, ['freeAbove']),
        tiers: input.tiers.map((tier, i) => ({
          maxWeightGrams: tier.maxWeightGrams ?? null,
          maxValue: optionalAmountIn(currencyCode, tier.maxValue, ['tiers', String(i), 'maxValue']),
          price: amountIn(currencyCode, tier.price, ['tiers', String(i), 'price']),
        })),
      });
    }),
} satisfies Partial<MutationResolvers>;

export const ShippingMethod: ShippingMethodResolvers = {
  freeAbove: ({ freeAbove, currencyCode }) => (freeAbove === null ? null : money(freeAbove, currencyCode)),
  tiers: ({ tiers, currencyCode }) =>
    tiers.map(({ maxWeightGrams, maxValue, price }) => ({
      maxWeightGrams,
      maxValue: maxValue === null ? null : money(maxValue, currencyCode),
      price: money(price, currencyCode),
    })),
};
