import { listDeadLetters, retryDeadLetters } from '../../shared/events/dead-letters.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';

export const Query = {
  ordersDeadLetters: (_parent, page, ctx) => listDeadLetters(ctx, page),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  retryOrdersDeadLetters: async (_parent, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, 'orders', input.ids),
    userErrors: [],
  }),
} satisfies Partial<MutationResolvers>;
