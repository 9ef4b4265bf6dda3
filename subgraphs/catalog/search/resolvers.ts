import type {
  BrandFacetResolvers,
  CategoryFacetResolvers,
  QueryResolvers,
} from '../resolver-types.generated.js';
import { brandOfFacet, categoryOfFacet, searchProducts, searchSuggestions } from './service.js';

export const Query: Pick<QueryResolvers, 'searchProducts' | 'searchSuggestions'> = {
  searchProducts: (_root, parameters, ctx) => searchProducts(ctx, parameters),
  searchSuggestions: (_root, parameters, ctx) => searchSuggestions(ctx, parameters),
};

export const BrandFacet: BrandFacetResolvers = {
  brand: ({ id }, _parameters, ctx) => brandOfFacet(ctx, id),
};

export const CategoryFacet: CategoryFacetResolvers = {
  category: ({ id }, _parameters, ctx) => categoryOfFacet(ctx, id),
};
