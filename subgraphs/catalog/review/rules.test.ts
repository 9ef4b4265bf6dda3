import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { averageRating } from './rules.js';

test('the mean has two digits, rounded half up', () => {
  expect(averageRating({ count: 0, sum: 0 })).toBeNull();
  expect(averageRating({ count: 3, sum: 13 })).toBe('4.33');
  expect(averageRating({ count: 3, sum: 14 })).toBe('4.67');
  expect(averageRating({ count: 8, sum: 33 })).toBe('4.13');
  expect(averageRating({ count: 2, sum: 10 })).toBe('5.00');
});

test('it is within half a hundredth of the true mean', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 300 }), (stars) => {
      const sum = stars.reduce((a, b) => a + b, 0);
      const hundredths = Number((averageRating({ count: stars.length, sum }) ?? '').replace('.', ''));
      expect(Math.abs(hundredths * stars.length - sum * 100) * 2).toBeLessThanOrEqual(stars.length);
    }),
  );
});
