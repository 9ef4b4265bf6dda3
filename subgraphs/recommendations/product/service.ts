import type { Context } from '../context.js';
import { ProductForRecommendationsDocument } from '../operations/catalog.generated.js';
import { dropProduct, saveProduct } from './store.js';

/** Reads the product anew at catalog; safe to run twice and in any order, since what is kept is what catalog says now. */
export async function refreshProduct(ctx: Context, productId: string): Promise<void> {
  const { product } = await ctx.call('catalog', ProductForRecommendationsDocument, { id: productId });
  if (!product) return dropProduct(ctx.db, productId);
  await saveProduct(ctx.db, {
    id: product.id,
    onSale: product.status === 'ACTIVE',
    categoryId: product.category?.id ?? null,
    createdAt: new Date(product.createdAt),
  });
}
