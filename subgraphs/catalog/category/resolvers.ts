import type { CategoryResolvers, MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { productsOfCategory } from '../product/service.js';
import {
  ancestors,
  categories,
  category,
  createCategory,
  moveCategory,
  setCategoryMinimumAge,
} from './service.js';

export const Query: Pick<QueryResolvers, 'categories' | 'category'> = {
  categories: (_root, _parameters, ctx) => categories(ctx),
  category: (_root, parameters, ctx) => category(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'createCategory' | 'moveCategory' | 'setCategoryMinimumAge'> =
  {
    createCategory: (_root, { input }, ctx) => createCategory(ctx, input),
    moveCategory: (_root, { input }, ctx) => moveCategory(ctx, input),
    setCategoryMinimumAge: (_root, { input }, ctx) => setCategoryMinimumAge(ctx, input),
  };

export const Category: CategoryResolvers = {
  __resolveReference: async ({ id }, ctx) => ctx.loaders.categoryById.load(id),
  parent: (category, _parameters, ctx) =>
    category.parentId === null ? null : ctx.loaders.categoryById.load(category.parentId),
  ancestors: (category, _parameters, ctx) => ancestors(ctx, category),
  children: (category, _parameters, ctx) => ctx.loaders.childrenOf.load(category.id),
  products: (category, parameters, ctx) => productsOfCategory(ctx, category, parameters),
};
