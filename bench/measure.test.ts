import { expect, test } from '@jest/globals';
import { beyondIdle, usedPer } from './measure.js';

test('what one operation costs is the difference shared out, less what an idle shop uses meanwhile', () => {
  const before = { servers: { hanse: 100, 'sandbox 1': 10 }, postgres: 50, statements: 1_000 };
  const after = { servers: { hanse: 500, 'sandbox 1': 14 }, postgres: 150, statements: 1_400 };
  const used = usedPer(before, after, 10);
  expect(used).toEqual({ servers: { hanse: 40, 'sandbox 1': 0.4 }, postgres: 10, statements: 40 });
  const idle = { servers: { hanse: 20, 'sandbox 1': 1 }, postgres: 5, statements: 30 };
  expect(beyondIdle(used, idle, 0.5)).toEqual({
    servers: { hanse: 30, 'sandbox 1': 0 },
    postgres: 7.5,
    statements: 25,
  });
});
