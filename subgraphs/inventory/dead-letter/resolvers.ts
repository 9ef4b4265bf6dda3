import { listDeadLetters, retryDeadLetters } from '../../shared/events/dead-letters.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';

export const Query: Pick<QueryResolvers, 'inventoryDeadLetters'> = {
  inventoryDeadLetters: (_root, parameters, ctx) => listDeadLetters(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'retryInventoryDeadLetters'> = {
  retryInventoryDeadLetters: async (_root, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, 'inventory', input.ids),
    userErrors: [],
  }),
};
