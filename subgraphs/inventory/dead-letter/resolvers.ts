import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { deadLetters, retry } from './service.js';

export const Query: Pick<QueryResolvers, 'inventoryDeadLetters'> = {
  inventoryDeadLetters: (_root, parameters, ctx) =>
    deadLetters(ctx, { first: parameters.first ?? null, after: parameters.after ?? null }),
};

export const Mutation: Pick<MutationResolvers, 'retryInventoryDeadLetters'> = {
  retryInventoryDeadLetters: (_root, { input }, ctx) => retry(ctx, input.ids),
};
