import { expect, test } from '@jest/globals';
import { maxAmount, problemsOf } from './rules.js';

test('an entry adds at least one and at most the maximum', () => {
  expect([1, maxAmount].flatMap(problemsOf)).toEqual([]);
  expect([-1, 0, maxAmount + 1].map((amount) => problemsOf(amount).map(({ field }) => field))).toEqual([
    [['amount']],
    [['amount']],
    [['amount']],
  ]);
});
