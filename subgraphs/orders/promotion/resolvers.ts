import { withUserErrors } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import { optionalAmountIn } from '../pricing/inputs.js';
import type { MutationResolvers, PromotionResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { createPromotion, promotions } from './service.js';

export const Query = {
  promotions: (_parent, page, ctx) => promotions(ctx, page),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  createPromotion: (_parent, { input }, ctx) =>
    withUserErrors(() => {
      const currencyCode = input.currencyCode ?? ctx.config.shop.currencyCode;
      return createPromotion(ctx, {
        idempotencyKey: input.idempotencyKey,
        ...{ name: input.name, kind: input.kind, currencyCode },
        code: input.code.trim().toUpperCase(),
        percentBasisPoints: input.percentBasisPoints ?? null,
        amount: optionalAmountIn(currencyCode, input.amount, ['amount']),
        buyQuantity: input.buyQuantity ?? null,
        getQuantity: input.getQuantity ?? null,
        minimumValue: optionalAmountIn(currencyCode, input.minimumValue, ['minimumValue']),
        variantIds: [...(input.variantIds ?? [])],
        startsAt: input.startsAt ?? null,
        endsAt: input.endsAt ?? null,
        limitTotal: input.limitTotal ?? null,
        limitPerCustomer: input.limitPerCustomer ?? null,
      });
    }),
} satisfies Partial<MutationResolvers>;

export const Promotion: PromotionResolvers = {
  amount: ({ amount, currencyCode }) => (amount === null ? null : money(amount, currencyCode)),
  minimumValue: ({ minimumValue, currencyCode }) =>
    minimumValue === null ? null : money(minimumValue, currencyCode),
};
