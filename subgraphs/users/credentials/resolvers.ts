import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { changePassword } from './service.js';

export const Mutation = {
  changePassword: (_root, { input }, ctx) => withUserErrors(() => changePassword(ctx, input)),
} satisfies Partial<MutationResolvers>;
