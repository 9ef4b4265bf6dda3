import { expect, test } from '@jest/globals';
import { judgeSpentToken, reuseGraceMs } from './rules.js';

test('a token that is used again at once is a twin, later it is stolen', () => {
  const usedAt = new Date('2026-11-21T12:00:00Z');
  const later = (ms: number): Date => new Date(usedAt.getTime() + ms);
  expect(judgeSpentToken(usedAt, later(reuseGraceMs))).toBe('twin');
  expect(judgeSpentToken(usedAt, later(reuseGraceMs + 1))).toBe('stolen');
  expect(judgeSpentToken(null, usedAt)).toBe('unknown');
});
