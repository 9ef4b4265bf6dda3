import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, SessionResolvers } from '../resolver-types.generated.js';
import { refreshSession, signIn, signInAsGuest, signInToOrder, signOut } from './service.js';

export const Mutation = {
  signInAsGuest: (_root, _parameters, ctx) => withUserErrors(() => signInAsGuest(ctx)),
  signInToOrder: (_root, { input }, ctx) => withUserErrors(() => signInToOrder(ctx, input)),
  signIn: (_root, { input }, ctx) =>
    withUserErrors(async () => {
      const { userId, session } = await signIn(ctx, input);
      return { session, user: await ctx.loaders.userById.load(userId) };
    }),
  refreshSession: (_root, { input }, ctx) => withUserErrors(() => refreshSession(ctx, input)),
  signOut: (_root, { input }, ctx) =>
    withUserErrors(() => signOut(ctx, { allSessions: input?.allSessions ?? false })),
} satisfies Partial<MutationResolvers>;

export const Session = {
  user: ({ userId }, _parameters, ctx) => (userId ? ctx.loaders.userById.load(userId) : null),
} satisfies SessionResolvers;
