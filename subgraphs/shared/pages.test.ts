import { expect, test } from '@jest/globals';
import { connectionOf, encodeCursor, pageOf } from './pages.js';

test('a page has 20 items unless told, and never more than 100', () => {
  expect(pageOf({}, ['id'])).toEqual({ limit: 20, after: null });
  expect(() => pageOf({ first: 101 }, ['id'])).toThrow('first must be 1 to 100, not 101.');
  expect(() => pageOf({ first: 0 }, ['id'])).toThrow('first must be 1 to 100, not 0.');
});

test('a cursor that is not of this list is refused', () => {
  const id = '0199aa00-0000-7000-8000-000000000000';
  const good = ['2026-11-21T12:00:00.000Z', '19.99', 'any text', id];
  const key = ['time', 'number', 'text', 'id'] as const;
  expect(pageOf({ after: encodeCursor(good) }, key).after).toEqual(good);
  const bad = good.map((_, i) => good.with(i, i === 2 ? '\u0000' : 'x'));
  for (const values of [...bad, good.slice(1), [1, 2, 3, 4] as never]) {
    expect(() => pageOf({ after: encodeCursor(values) }, key)).toThrow('after is not a cursor of this list');
  }
  for (const after of ['', 'nonsense']) {
    expect(() => pageOf({ after }, key)).toThrow('after is not a cursor of this list');
  }
});

test('the row beyond the page tells that there is a next one', () => {
  const page = pageOf({ first: 2 }, ['text']);
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
