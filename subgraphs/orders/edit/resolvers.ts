import { withUserErrors } from '../../shared/errors.js';
import { addressOf } from '../delivery/inputs.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { editOrder } from './service.js';

export const Mutation = {
  editOrder: (_parent, { input }, ctx) =>
    withUserErrors(() =>
      editOrder(ctx, {
        ...input,
        lines: input.lines ?? [],
        shippingAddress: input.shippingAddress ? addressOf(input.shippingAddress) : null,
        billingAddress: input.billingAddress ? addressOf(input.billingAddress) : null,
      }),
    ),
} satisfies Partial<MutationResolvers>;
