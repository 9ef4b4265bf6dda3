import { expect, test } from '@jest/globals';
import { parseQuery, priceLimits, sortFor, wordsOf } from './rules.js';

test('price ranges are round in every currency', () => {
  expect(priceLimits('EUR').slice(0, 3)).toEqual([500n, 1000n, 2500n]);
  expect(priceLimits('JPY').slice(0, 3)).toEqual([500n, 1000n, 2500n]);
  expect(priceLimits('KWD').slice(0, 3)).toEqual([5000n, 10000n, 25000n]);
});

test('words are letters and digits alone, so that no query means anything but text', () => {
  expect(wordsOf(`Été's 3D-lamp & "x" | !:*`)).toEqual(['été', 's', '3d', 'lamp', 'x']);
  expect(wordsOf('a '.repeat(30))).toHaveLength(20);
  expect(parseQuery('  a \n b ')).toBe('a b');
  expect(() => parseQuery('x'.repeat(201))).toThrow('200');
});

test('without a query the newest come first', () => {
  expect(sortFor('', 'RELEVANCE')).toBe('NEWEST');
  expect(sortFor('', 'RATING')).toBe('RATING');
  expect(sortFor('a', 'RELEVANCE')).toBe('RELEVANCE');
});
