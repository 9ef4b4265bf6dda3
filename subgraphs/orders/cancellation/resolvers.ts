import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { cancelOrder, cancelOrderLines } from './service.js';

export const Mutation = {
  cancelOrder: (_parent, { input }, ctx) => withUserErrors(() => cancelOrder(ctx, input)),
  cancelOrderLines: (_parent, { input }, ctx) => withUserErrors(() => cancelOrderLines(ctx, input)),
} satisfies Partial<MutationResolvers>;
