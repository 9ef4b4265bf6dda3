import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { customerAddress, removeAddress, saveAddress } from './service.js';

export const Query = {
  customerAddress: (_root, parameters, ctx) => customerAddress(ctx, parameters),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  saveAddress: (_root, { input }, ctx) => withUserErrors(() => saveAddress(ctx, input)),
  removeAddress: (_root, { input }, ctx) => withUserErrors(() => removeAddress(ctx, input)),
} satisfies Partial<MutationResolvers>;
