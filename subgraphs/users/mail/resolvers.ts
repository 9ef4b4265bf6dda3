import { maySee } from '../../shared/viewer.js';
import type { OrderResolvers } from '../resolver-types.generated.js';

export const Order: OrderResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  mails: async ({ id }, _parameters, ctx) => {
    const sent = await ctx.loaders.mailsOfOrder.load(id);
    return sent.filter(({ customerId }) => maySee(ctx.viewer, customerId, 'orders:read'));
  },
};
