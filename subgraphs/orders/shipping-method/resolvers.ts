import { withUserErrors } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import { optionalAmountIn } from '../pricing/inputs.js';
import type {
  MutationResolvers,
  QueryResolvers,
  ShippingMethodResolvers,
} from '../resolver-types.generated.js';
import { tiersIn } from './inputs.js';
import { createShippingMethod, shippingMethods, updateShippingMethod } from './service.js';

export const Query = {
  shippingMethods: (_parent, _args, ctx) => shippingMethods(ctx),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  createShippingMethod: (_parent, { input }, ctx) =>
    withUserErrors(() => {
      const currencyCode = input.currencyCode ?? ctx.config.shop.currencyCode;
      return createShippingMethod(ctx, {
        ...input,
        countries: [...(input.countries ?? [])],
        currencyCode,
        taxCategory: input.taxCategory ?? 'STANDARD',
        freeAbove: optionalAmountIn(currencyCode, input.freeAbove, ['freeAbove']),
        cutoffHour: input.cutoffHour ?? null,
        tiers: tiersIn(currencyCode, input.tiers),
      });
    }),
  updateShippingMethod: (_parent, { input: { id, ...input } }, ctx) =>
    withUserErrors(() =>
      updateShippingMethod(ctx, id, ({ currencyCode, ...method }) => ({
        name: input.name ?? method.name,
        carrier: input.carrier ?? method.carrier,
        service: input.service ?? method.service,
        countries: input.countries ? [...input.countries] : method.countries,
        tiers: input.tiers ? tiersIn(currencyCode, input.tiers) : method.tiers,
        freeAbove:
          input.freeAbove === undefined
            ? method.freeAbove
            : optionalAmountIn(currencyCode, input.freeAbove, ['freeAbove']),
        estimatedDaysMin: input.estimatedDaysMin ?? method.estimatedDaysMin,
        estimatedDaysMax: input.estimatedDaysMax ?? method.estimatedDaysMax,
        cutoffHour: input.cutoffHour === undefined ? method.cutoffHour : input.cutoffHour,
        taxCategory: input.taxCategory ?? method.taxCategory,
        active: input.active ?? method.active,
      })),
    ),
} satisfies Partial<MutationResolvers>;

export const ShippingMethod: ShippingMethodResolvers = {
  freeAbove: ({ freeAbove, currencyCode }) => (freeAbove === null ? null : money(freeAbove, currencyCode)),
  tiers: ({ tiers, currencyCode }) =>
    tiers.map(({ zoneId, maxWeightGrams, maxValue, price, freeAbove }) => ({
      ...{ zoneId, maxWeightGrams, price: money(price, currencyCode) },
      maxValue: maxValue === null ? null : money(maxValue, currencyCode),
      freeAbove: freeAbove === null ? null : money(freeAbove, currencyCode),
    })),
};
