import { withUserErrors } from '../../shared/errors.js';
import { money } from '../../shared/money.js';
import { optionalAmountIn } from '../pricing/inputs.js';
import type { MutationResolvers, PromotionResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { createPromotion, promotions, updatePromotion } from './service.js';

export const Query = {
  promotions: (_parent, { filter, ...page }, ctx) => {
    const { active, automatic, code } = filter ?? {};
    const given = { ...(active != null && { active }), ...(automatic != null && { automatic }) };
    return promotions(ctx, { ...given, ...(code != null && { code }) }, page);
  },
} satisfies Partial<QueryResolvers>;

/** What was given, or null for a null; what is there where nothing was given. */
const given = <T>(value: T | null | undefined, present: T | null): T | null =>
  value === undefined ? present : value;

export const Mutation = {
  createPromotion: (_parent, { input }, ctx) =>
    withUserErrors(() => {
      const currencyCode = input.currencyCode ?? ctx.config.shop.currencyCode;
      return createPromotion(ctx, {
        idempotencyKey: input.idempotencyKey,
        ...{ name: input.name, kind: input.kind, currencyCode },
        code: input.code.trim().toUpperCase(),
        ...{ automatic: input.automatic, active: true, priority: input.priority, stacking: input.stacking },
        percentBasisPoints: input.percentBasisPoints ?? null,
        amount: optionalAmountIn(currencyCode, input.amount, ['amount']),
        buyQuantity: input.buyQuantity ?? null,
        getQuantity: input.getQuantity ?? null,
        minimumValue: optionalAmountIn(currencyCode, input.minimumValue, ['minimumValue']),
        variantIds: [...(input.variantIds ?? [])],
        categoryIds: [...(input.categoryIds ?? [])],
        startsAt: input.startsAt ?? null,
        endsAt: input.endsAt ?? null,
        limitTotal: input.limitTotal ?? null,
        limitPerCustomer: input.limitPerCustomer ?? null,
      });
    }),
  updatePromotion: (_parent, { input: { id, ...input } }, ctx) =>
    withUserErrors(() =>
      updatePromotion(ctx, id, (promotion) => {
        const amount = (name: 'amount' | 'minimumValue'): bigint | null =>
          input[name] === undefined
            ? promotion[name]
            : optionalAmountIn(promotion.currencyCode, input[name], [name]);
        return {
          name: input.name ?? promotion.name,
          automatic: input.automatic ?? promotion.automatic,
          active: input.active ?? promotion.active,
          priority: input.priority ?? promotion.priority,
          stacking: input.stacking ?? promotion.stacking,
          percentBasisPoints: given(input.percentBasisPoints, promotion.percentBasisPoints),
          ...{ amount: amount('amount'), minimumValue: amount('minimumValue') },
          buyQuantity: given(input.buyQuantity, promotion.buyQuantity),
          getQuantity: given(input.getQuantity, promotion.getQuantity),
          variantIds: input.variantIds ? [...input.variantIds] : promotion.variantIds,
          categoryIds: input.categoryIds ? [...input.categoryIds] : promotion.categoryIds,
          startsAt: input.startsAt ?? promotion.startsAt,
          endsAt: given(input.endsAt, promotion.endsAt),
          limitTotal: given(input.limitTotal, promotion.limitTotal),
          limitPerCustomer: given(input.limitPerCustomer, promotion.limitPerCustomer),
        };
      }),
    ),
} satisfies Partial<MutationResolvers>;

export const Promotion: PromotionResolvers = {
  amount: ({ amount, currencyCode }) => (amount === null ? null : money(amount, currencyCode)),
  minimumValue: ({ minimumValue, currencyCode }) =>
    minimumValue === null ? null : money(minimumValue, currencyCode),
};
