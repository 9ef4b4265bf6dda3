import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freshness, neighbourScore, pauseAfter, training } from './rules.js';

/** Two products' baskets: how many hold both, only the one, only the other. */
const counts = fc.tuple(fc.integer({ min: 1, max: 1e4 }), fc.nat(1e4), fc.nat(1e4));

test('a neighbour’s score lies between 0 and 1 and is the same both ways', () => {
  fc.assert(
    fc.property(counts, ([both, one, other]) => {
      const score = neighbourScore(both, both + one, both + other);
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(1);
      expect(score).toBeCloseTo(neighbourScore(both, both + other, both + one), 12);
    }),
  );
});

test('more common baskets make a stronger neighbour, more baskets without it a weaker one', () => {
  fc.assert(
    fc.property(counts, ([both, one, other]) => {
      const score = neighbourScore(both, both + one, both + other);
      expect(neighbourScore(both + 1, both + 1 + one, both + 1 + other)).toBeGreaterThan(score);
      expect(neighbourScore(both, both + one + 1, both + other)).toBeLessThan(score);
    }),
  );
});

test('a pair that was always bought together counts half at as many orders as the shrinkage says', () => {
  const n = training.shrinkage;
  expect(neighbourScore(n, n, n)).toBe(0.5);
});

test('what sold half a window ago counts half, and nothing when the window is over', () => {
  expect([freshness(0, 30), freshness(15, 30), freshness(29.99, 30) > 0.25, freshness(30, 30)]).toEqual([
    1,
    0.5,
    true,
    0,
  ]);
});

test('training takes a twentieth of the time at most', () => {
  expect(pauseAfter(0, true)).toBe(training.againAfterMs);
  expect(pauseAfter(0, false)).toBe(training.neighboursEveryMs);
  const took = 10_000;
  for (const learnt of [true, false])
    expect(took / (took + pauseAfter(took, learnt))).toBeLessThanOrEqual(0.05);
});
