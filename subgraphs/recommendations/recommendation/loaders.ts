import DataLoader from 'dataloader';
import type { Clock } from '../../shared/clock.js';
import type { Db } from '../context.js';
import type { Recommendation } from './rules.js';
import { findBoughtTogether, findForUsers, findRelated, type Key } from './store.js';

type Loader = DataLoader<Key, Recommendation[], string>;

export interface RecommendationLoaders {
  boughtTogether: Loader;
  related: Loader;
  forUser: Loader;
}

/** One statement for all parents of a request, however many `first` each asks for. */
export function createRecommendationLoaders(ctx: { db: Db; clock: Clock }): RecommendationLoaders {
  const loader = (find: (keys: readonly Key[]) => Promise<Recommendation[][]>): Loader =>
    new DataLoader(find, { cacheKeyFn: ({ id, first, subjectId }) => `${id} ${first} ${subjectId}` });
  return {
    boughtTogether: loader((keys) => findBoughtTogether(ctx.db, keys)),
    related: loader((keys) => findRelated(ctx.db, keys)),
    forUser: loader((keys) => findForUsers(ctx.db, keys, ctx.clock())),
  };
}
