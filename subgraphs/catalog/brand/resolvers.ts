import type { BrandResolvers, MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { brands, createBrand } from './service.js';

export const Query: Pick<QueryResolvers, 'brands'> = {
  brands: (_root, parameters, ctx) => brands(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'createBrand'> = {
  createBrand: (_root, { input }, ctx) => createBrand(ctx, input),
};

export const Brand: BrandResolvers = {
  __resolveReference: async ({ id }, ctx) => ctx.loaders.brandById.load(id),
};
