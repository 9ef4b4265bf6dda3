/**
 * Models: what is learnt of visitors' baskets. Two products are neighbours the more, the more baskets hold both; a product
 * is popular the more, and the later, it was ordered or looked at.
 */
import { idFromName } from '../../shared/ids.js';

/** BOUGHT_TOGETHER learns from orders, RELATED from what a visitor took an interest in. */
export const models = ['BOUGHT_TOGETHER', 'RELATED'] as const;
export type Model = (typeof models)[number];

export const training = {
  /** Neighbours that are kept of a product: as many as can be asked for. */
  neighbours: 50,
  /** A product meets this many of its basket, the latest: a wholesaler's order of everything must not cost its square. */
  basketSize: 100,
  /** A pair needs this many common baskets for half of its cosine to count: few could be chance. */
  shrinkage: 5,
  /** Baskets that one run of the timer may read, so that its transaction stays short; the next run goes on. */
  basketsPerRun: 5_000,
  neighboursEveryMs: 15_000,
  popularityEveryMs: 60_000,
  /** The shortest pause between runs while there is more to learn. */
  againAfterMs: 500,
  /** Times as long as a run took that the pause after it is at least: who buys is served before what learns from it. */
  rest: 19,
};

/** The pause after a run that took so long: a twentieth of the time is spent on training at most, however much there is to learn. */
export const pauseAfter = (tookMs: number, learnt: boolean): number =>
  Math.max(learnt ? training.againAfterMs : training.neighboursEveryMs, tookMs * training.rest);

/** Aggregate of the training timers: there is one set of models. */
export const modelsId = idFromName('recommendations', 'models');

/**
 * How strong neighbours are, 0 to 1: the cosine of the two products' baskets (as vectors of 0 and 1), times
 * together / (together + shrinkage). After Sarwar et al. 2001 (item-based filtering), Bell and Koren 2007 (shrinkage).
 * The store computes the same in SQL; a test compares them.
 */
export const neighbourScore = (together: number, baskets: number, otherBaskets: number): number =>
  ((together / Math.sqrt(baskets * otherBaskets)) * together) / (together + training.shrinkage);

/** Days for which popularity is computed. */
export const popularityWindows: readonly number[] = [1, 7, 30, 90];
export const isPopularityWindow = (days: number): boolean => popularityWindows.includes(days);

/** Whose list fills up others. */
export const popularityWindowOfFallbacks = 30;

/** An order of the product counts 1, a visitor's interest in it this much (once per visitor, however often they looked). */
export const interestWeight = 0.1;

/** What something counts after `ageDays`: it halves every half window and is nothing outside of it. */
export const freshness = (ageDays: number, windowDays: number): number =>
  ageDays < windowDays ? 0.5 ** (ageDays / (windowDays / 2)) : 0;
