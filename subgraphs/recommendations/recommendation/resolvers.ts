import type {
  ProductResolvers,
  QueryResolvers,
  RecommendationResolvers,
  UserResolvers,
} from '../resolver-types.generated.js';
import { reasons } from './rules.js';
import { boughtTogether, popularProducts, recommendations, related } from './service.js';

export const Query = {
  popularProducts: (_root, { windowDays, first }, ctx) => popularProducts(ctx, windowDays, first),
} satisfies Partial<QueryResolvers>;

export const Product: ProductResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  boughtTogether: ({ id }, { first }, ctx) => boughtTogether(ctx, id, first),
  related: ({ id }, { first }, ctx) => related(ctx, id, first),
};

export const User: UserResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  recommendations: ({ id }, { first }, ctx) => recommendations(ctx, id, first),
};

export const Recommendation: RecommendationResolvers = {
  product: ({ productId }) => ({ id: productId }),
  reason: ({ algorithm }) => reasons[algorithm],
};
