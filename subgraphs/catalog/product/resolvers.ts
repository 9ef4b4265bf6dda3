import { minimumAgeIn } from '../category/service.js';
import type { MutationResolvers, ProductResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { reviewsOfProduct } from '../review/service.js';
import { variantsOfProduct } from '../variant/service.js';
import { optionsOf } from './rules.js';
import { createProduct, priceRange, product, products, referencedProduct, updateProduct } from './service.js';

export const Query: Pick<QueryResolvers, 'product' | 'products'> = {
  product: (_root, parameters, ctx) => product(ctx, parameters),
  products: (_root, parameters, ctx) => products(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'createProduct' | 'updateProduct'> = {
  createProduct: (_root, { input }, ctx) => createProduct(ctx, input),
  updateProduct: (_root, { input }, ctx) => updateProduct(ctx, input),
};

export const Product: ProductResolvers = {
  __resolveReference: async ({ id }, ctx) => referencedProduct(ctx, id),
  brand: ({ brandId }, _parameters, ctx) => (brandId === null ? null : ctx.loaders.brandById.load(brandId)),
  category: ({ categoryId }, _parameters, ctx) =>
    categoryId === null ? null : ctx.loaders.categoryById.load(categoryId),
  minimumAge: ({ categoryId }, _parameters, ctx) => minimumAgeIn(ctx, categoryId),
  images: ({ images }) => images.map((image, i) => ({ ...image, primary: i === 0 })),
  options: async ({ id }, _parameters, ctx) => optionsOf(await variantsOfProduct(ctx, id)),
  variants: ({ id }, _parameters, ctx) => variantsOfProduct(ctx, id),
  priceRange: (product, _parameters, ctx) => priceRange(ctx, product),
  rating: ({ ratingCount, ratingSum }) => ({ count: ratingCount, sum: ratingSum }),
  reviews: (product, parameters, ctx) => reviewsOfProduct(ctx, product, parameters),
};
