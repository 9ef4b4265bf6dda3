import { expect, test } from '@jest/globals';
import { connectionOf, encodeCursor, pageOf } from './pages.js';

test('a page has 20 items unless told, and never more than 100', () => {
  expect(pageOf({}, 1)).toEqual({ limit: 20, after: null });
  expect(() => pageOf({ first: 101 }, 1)).toThrow('first must be 1 to 100, not 101.');
  expect(() => pageOf({ first: 0 }, 1)).toThrow('first must be 1 to 100, not 0.');
});

test('a cursor that is not of this list is refused', () => {
  expect(pageOf({ after: encodeCursor(['a', 'b']) }, 2).after).toEqual(['a', 'b']);
  for (const after of ['', 'nonsense', encodeCursor(['a'])]) {
    expect(() => pageOf({ after }, 2)).toThrow('after is not a cursor of this list');
  }
});

test('the row beyond the page tells that there is a next one', () => {
  const page = pageOf({ first: 2 }, 1);
  const { nodes, pageInfo } = connectionOf(['a', 'b', 'c'], page, (one) => [one]);
  expect(nodes).toEqual(['a', 'b']);
  expect(pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: encodeCursor(['a']),
    endCursor: encodeCursor(['b']),
  });
  expect(connectionOf([], page, () => []).pageInfo).toEqual({
    hasNextPage: false,
    hasPreviousPage: false,
    startCursor: null,
    endCursor: null,
  });
});
