import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { placeOrder } from './service.js';

export const Mutation = {
  placeOrder: (_parent, { input }, ctx) => withUserErrors(() => placeOrder(ctx, input)),
} satisfies Partial<MutationResolvers>;
