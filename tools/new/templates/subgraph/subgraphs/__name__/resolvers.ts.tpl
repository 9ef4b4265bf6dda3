import { listDeadLetters, retryDeadLetters } from '../shared/events/dead-letters.js';
import * as account from './account/resolvers.js';
import type { MutationResolvers, QueryResolvers, Resolvers } from './resolver-types.generated.js';

const Query: QueryResolvers = {
  ...account.Query,
  __name__DeadLetters: (_root, parameters, ctx) => listDeadLetters(ctx, parameters),
};

const Mutation: MutationResolvers = {
  ...account.Mutation,
  retry__Name__DeadLetters: async (_root, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, '__name__', input.ids),
    userErrors: [],
  }),
};

export const resolvers: Resolvers = {
  Query,
  Mutation,
  User: account.User,
  __Name__Account: account.__Name__Account,
};
