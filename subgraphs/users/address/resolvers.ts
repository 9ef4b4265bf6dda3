import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { removeAddress, saveAddress } from './service.js';

export const Mutation = {
  saveAddress: (_root, { input }, ctx) => withUserErrors(() => saveAddress(ctx, input)),
  removeAddress: (_root, { input }, ctx) => withUserErrors(() => removeAddress(ctx, input)),
} satisfies Partial<MutationResolvers>;
