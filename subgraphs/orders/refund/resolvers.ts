import { withUserErrors } from '../../shared/errors.js';
import { refundView } from '../order/views.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { refundOrder } from './service.js';

export const Mutation = {
  refundOrder: async (_parent, { input }, ctx) => {
    const { order, refund, userErrors } = await withUserErrors(() => refundOrder(ctx, input));
    return { order, refund: order && refund && refundView(order, refund), userErrors };
  },
} satisfies Partial<MutationResolvers>;
