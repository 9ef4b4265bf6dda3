import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { roleOfName } from '../user/rules.js';
import { createCustomer, createUser, deleteMyAccount, register } from './service.js';

export const Mutation = {
  register: (_root, { input }, ctx) =>
    withUserErrors(async () => {
      const { userId, session } = await register(ctx, input);
      return { session, user: await ctx.loaders.userById.load(userId) };
    }),
  createUser: (_root, { input }, ctx) =>
    withUserErrors(async () => {
      const { userId, created } = await createUser(ctx, {
        ...input,
        roles: (input.roles ?? []).map(roleOfName),
      });
      return { created, user: await ctx.loaders.userById.load(userId) };
    }),
  createCustomer: (_root, { input }, ctx) =>
    withUserErrors(async () => {
      const { userId, created } = await createCustomer(ctx, input);
      return { created, user: await ctx.loaders.userById.load(userId) };
    }),
  deleteMyAccount: (_root, { input }, ctx) => withUserErrors(() => deleteMyAccount(ctx, input)),
} satisfies Partial<MutationResolvers>;
