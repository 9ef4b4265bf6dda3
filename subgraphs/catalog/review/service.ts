import { conflict, notFound, Refused, type Payload } from '../../shared/errors.js';
import { forgetKeys } from '../../shared/idempotency.js';
import { pageOf, connectionOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { requireUser } from '../../shared/viewer.js';
import { addOnce, change } from '../change.js';
import type { Context } from '../context.js';
import { isListed, type Product } from '../product/rules.js';
import { addStars } from '../product/service.js';
import { checkReview, type Review } from './rules.js';
import { findReviews, forgetAuthors, insertReview } from './store.js';

/** A product's reviews, the newest first. */
export async function reviewsOfProduct(
  ctx: Context,
  { id }: Product,
  parameters: PageArguments,
): Promise<Connection<Review>> {
  const page = pageOf(parameters, ['id']);
  return connectionOf(await ctx.loaders.reviewsOf(page).load(id), page, (review) => [review.id]);
}

export interface AddReviewInput {
  idempotencyKey: string;
  productId: string;
  rating: number;
  title?: string | null | undefined;
  body?: string | null | undefined;
}

/** Adds the customer's review of a product, once per idempotency key; ALREADY_REVIEWED with another key. */
export async function addReview(ctx: Context, input: AddReviewInput): Promise<Payload<{ review: Review }>> {
  const customerId = requireUser(ctx.viewer);
  return change(ctx, async () => {
    const product = await ctx.loaders.productById.load(input.productId);
    const id = await addOnce(ctx, 'addReview', input, async (ctx) => {
      // Here and not before: a repeat is answered as the first also when the product has gone off sale since.
      if (!product || !isListed(product)) throw new Refused(notFound('product', ['productId']));
      const review: Review = {
        id: ctx.newId(),
        productId: product.id,
        rating: input.rating,
        title: input.title?.trim() || null,
        body: input.body?.trim() || null,
        createdAt: ctx.clock(),
      };
      const wrong = checkReview(review);
      if (wrong.length > 0) throw new Refused(...wrong);
      if (!(await insertReview(ctx.db, review, customerId)))
        throw new Refused(
          conflict('ALREADY_REVIEWED', 'You have reviewed this product before.', ['productId']),
        );
      await addStars(ctx, product.id, review.rating);
      return review.id;
    });
    const [review] = await findReviews(ctx.db, [id]);
    if (!review) throw new Error(`review ${id} is gone`);
    return { review };
  });
}

/** Forgets deleted customers: who they were, what they wrote, and its hashes under their keys. */
export const forgetCustomers = (ctx: Context, customerIds: readonly string[]): Promise<void> =>
  transact(ctx, async ({ db }) => {
    await forgetAuthors(db, customerIds);
    await forgetKeys(db, customerIds);
  });
