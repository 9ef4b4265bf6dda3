import { badInput } from '../../shared/errors.js';
import { isCustomer } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { isPopularityWindow, popularityWindows } from '../model/rules.js';
import { limitOf, type Recommendation } from './rules.js';
import { findPopular } from './store.js';

/** By whom an experiment's arm is chosen: a subgraph that asks for the shop is no visitor. */
const visitorOf = ({ viewer }: Context): string | null => (isCustomer(viewer) ? viewer.id : null);

/** At most `first` products that were ordered along with this one. */
export const boughtTogether = (ctx: Context, productId: string, first: number): Promise<Recommendation[]> =>
  ctx.loaders.boughtTogether.load({ id: productId, first: limitOf(first), subjectId: visitorOf(ctx) });

/** At most `first` products for who looks at this one. */
export const related = (ctx: Context, productId: string, first: number): Promise<Recommendation[]> =>
  ctx.loaders.related.load({ id: productId, first: limitOf(first), subjectId: visitorOf(ctx) });

/** At most `first` products for this user, the same whoever asks; who may ask is in policy.ts. */
export const recommendations = (ctx: Context, userId: string, first: number): Promise<Recommendation[]> =>
  ctx.loaders.forUser.load({ id: userId, first: limitOf(first), subjectId: userId });

/** What sells in the shop now. */
export function popularProducts(ctx: Context, windowDays: number, first: number): Promise<Recommendation[]> {
  if (!isPopularityWindow(windowDays))
    throw badInput(`windowDays must be one of ${popularityWindows.join(', ')}, not ${windowDays}.`, [
      'windowDays',
    ]);
  return findPopular(ctx.db, windowDays, limitOf(first));
}
