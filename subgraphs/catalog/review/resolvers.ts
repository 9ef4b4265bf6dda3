import { getProduct } from '../product/service.js';
import type { MutationResolvers, RatingResolvers, ReviewResolvers } from '../resolver-types.generated.js';
import { averageRating } from './rules.js';
import { addReview } from './service.js';

export const Mutation: Pick<MutationResolvers, 'addReview'> = {
  addReview: (_root, { input }, ctx) => addReview(ctx, input),
};

export const Rating: RatingResolvers = {
  average: (rating) => averageRating(rating),
};

export const Review: ReviewResolvers = {
  __resolveReference: async ({ id }, ctx) => ctx.loaders.reviewById.load(id),
  product: (review, _parameters, ctx) => getProduct(ctx, review.productId),
};
