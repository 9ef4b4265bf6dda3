import { listDeadLetters, retryDeadLetters } from '../../shared/events/dead-letters.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';

export const Query: Pick<QueryResolvers, 'catalogDeadLetters'> = {
  catalogDeadLetters: (_root, parameters, ctx) => listDeadLetters(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'retryCatalogDeadLetters'> = {
  retryCatalogDeadLetters: async (_root, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, 'catalog', input.ids),
    userErrors: [],
  }),
};
