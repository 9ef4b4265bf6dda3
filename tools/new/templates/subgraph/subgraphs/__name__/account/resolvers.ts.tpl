import type {
  __Name__AccountResolvers,
  MutationResolvers,
  QueryResolvers,
  UserResolvers,
} from '../resolver-types.generated.js';
import { add__Name__Entry, __name__Account } from './service.js';

export const Query = {
  __name__Account: (_root, { userId }, ctx) => __name__Account(ctx, userId),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  add__Name__Entry: (_root, { input }, ctx) => add__Name__Entry(ctx, input),
} satisfies Partial<MutationResolvers>;

export const User: UserResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  __name__Account: ({ id }, _parameters, ctx) => ctx.loaders.accountByUser.load(id),
};

export const __Name__Account: __Name__AccountResolvers = {
  user: ({ userId }) => ({ id: userId }),
};
