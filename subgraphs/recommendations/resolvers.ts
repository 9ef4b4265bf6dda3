import { listDeadLetters, retryDeadLetters } from '../shared/events/dead-letters.js';
import * as behaviour from './behaviour/resolvers.js';
import * as experiment from './experiment/resolvers.js';
import * as recommendation from './recommendation/resolvers.js';
import type { MutationResolvers, QueryResolvers, Resolvers } from './resolver-types.generated.js';

const Query: QueryResolvers = {
  ...recommendation.Query,
  ...experiment.Query,
  recommendationsDeadLetters: (_root, parameters, ctx) => listDeadLetters(ctx, parameters),
};

const Mutation: MutationResolvers = {
  ...behaviour.Mutation,
  ...experiment.Mutation,
  retryRecommendationsDeadLetters: async (_root, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, 'recommendations', input.ids),
    userErrors: [],
  }),
};

export const resolvers: Resolvers = {
  Query,
  Mutation,
  Product: recommendation.Product,
  User: recommendation.User,
  Recommendation: recommendation.Recommendation,
};
