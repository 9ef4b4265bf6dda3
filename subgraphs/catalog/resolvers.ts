/** The slices' resolvers together; a root field without one does not compile. */
import type { Resolvers } from './resolver-types.generated.js';
import * as brand from './brand/resolvers.js';
import * as category from './category/resolvers.js';
import * as deadLetter from './dead-letter/resolvers.js';
import * as price from './price/resolvers.js';
import * as product from './product/resolvers.js';
import * as review from './review/resolvers.js';
import * as search from './search/resolvers.js';
import * as variant from './variant/resolvers.js';

export const resolvers = {
  Query: {
    ...product.Query,
    ...variant.Query,
    ...category.Query,
    ...brand.Query,
    ...search.Query,
    ...deadLetter.Query,
  },
  Mutation: {
    ...product.Mutation,
    ...variant.Mutation,
    ...price.Mutation,
    ...category.Mutation,
    ...brand.Mutation,
    ...review.Mutation,
    ...deadLetter.Mutation,
  },
  Subscription: price.Subscription,
  Product: product.Product,
  ProductVariant: variant.ProductVariant,
  VariantPrice: price.VariantPrice,
  PriceChange: price.PriceChange,
  Category: category.Category,
  Brand: brand.Brand,
  Review: review.Review,
  Rating: review.Rating,
  BrandFacet: search.BrandFacet,
  CategoryFacet: search.CategoryFacet,
} satisfies Resolvers;
