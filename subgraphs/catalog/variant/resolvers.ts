import type {
  MutationResolvers,
  ProductVariantResolvers,
  QueryResolvers,
} from '../resolver-types.generated.js';
import { priceIn } from '../price/rules.js';
import { getProduct } from '../product/service.js';
import { variantName } from './rules.js';
import {
  createVariant,
  productVariant,
  referencedVariant,
  updateVariant,
  variantsForSale,
} from './service.js';

export const Query: Pick<QueryResolvers, 'productVariant' | 'variantsForSale'> = {
  productVariant: (_root, parameters, ctx) => productVariant(ctx, parameters),
  variantsForSale: (_root, { ids, currencyCode }, ctx) => variantsForSale(ctx, ids, currencyCode),
};

export const Mutation: Pick<MutationResolvers, 'createVariant' | 'updateVariant'> = {
  createVariant: (_root, { input }, ctx) => createVariant(ctx, input),
  updateVariant: (_root, { input }, ctx) => updateVariant(ctx, input),
};

export const ProductVariant: ProductVariantResolvers = {
  __resolveReference: async (reference, ctx) => referencedVariant(ctx, reference),
  name: (variant) => variantName(variant),
  price: (variant, _parameters, ctx) => priceIn(variant.prices, ctx.currencyCode),
  product: (variant, _parameters, ctx) => getProduct(ctx, variant.productId),
};
