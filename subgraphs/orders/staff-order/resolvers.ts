import { withUserErrors } from '../../shared/errors.js';
import { addressOf } from '../delivery/inputs.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { placeOrderFor } from './service.js';

export const Mutation = {
  placeOrderFor: (_parent, { input }, ctx) =>
    withUserErrors(() =>
      placeOrderFor(ctx, {
        ...input,
        customerId: input.customerId ?? null,
        shippingAddress: addressOf(input.shippingAddress),
        billingAddress: input.billingAddress ? addressOf(input.billingAddress) : null,
        promotionCodes: input.promotionCodes ?? [],
        placedAt: input.placedAt ?? null,
      }),
    ),
} satisfies Partial<MutationResolvers>;
