import { expect, test } from '@jest/globals';
import { placeBelow, wouldCycle } from './rules.js';

test('a place is that of the parent and one more', () => {
  const parent = { lineage: ['a', 'b'], path: 'home/lamps' };
  expect(placeBelow(parent, { id: 'c', handle: 'oil' })).toEqual({
    lineage: ['a', 'b', 'c'],
    path: 'home/lamps/oil',
  });
  expect(placeBelow(null, { id: 'c', handle: 'oil' })).toEqual({ lineage: ['c'], path: 'oil' });
});

test('below itself or below one of its own is a circle', () => {
  expect(wouldCycle({ id: 'a' }, { lineage: ['a'] })).toBe(true);
  expect(wouldCycle({ id: 'a' }, { lineage: ['x', 'a', 'b'] })).toBe(true);
  expect(wouldCycle({ id: 'a' }, { lineage: ['x', 'b'] })).toBe(false);
  expect(wouldCycle({ id: 'a' }, null)).toBe(false);
});
