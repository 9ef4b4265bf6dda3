import { listDeadLetters, retryDeadLetters } from '../../shared/events/dead-letters.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';

export const Query: Pick<QueryResolvers, 'paymentsDeadLetters'> = {
  paymentsDeadLetters: (_root, parameters, ctx) => listDeadLetters(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'retryPaymentsDeadLetters'> = {
  retryPaymentsDeadLetters: async (_root, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, 'payments', input.ids),
    userErrors: [],
  }),
};
