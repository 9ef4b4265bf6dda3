import { expect, test } from '@jest/globals';
import { canBecome, isKeyFresh, nextCheckAt, providerKeyOf } from './rules.js';

const createdAt = new Date('2026-11-21T12:00:00Z');
const later = (ms: number): Date => new Date(createdAt.getTime() + ms);

test('a refund that succeeded can still fail, one that failed stays so', () => {
  expect(canBecome('PENDING', 'SUCCEEDED')).toBe(true);
  expect(canBecome('SUCCEEDED', 'FAILED')).toBe(true);
  expect(canBecome('FAILED', 'SUCCEEDED')).toBe(false);
  expect(canBecome('SUCCEEDED', 'PENDING')).toBe(false);
});

test('a refund is asked about after a minute, then ever more seldom, while it is pending', () => {
  const pending = { status: 'PENDING' as const, createdAt };
  expect(nextCheckAt(pending, createdAt)).toEqual(later(60_000));
  expect(nextCheckAt(pending, later(600_000))).toEqual(later(1_200_000));
  expect(nextCheckAt(pending, later(864_000_000))).toEqual(later(864_000_000 + 21_600_000));
  expect(nextCheckAt({ ...pending, status: 'SUCCEEDED' }, createdAt)).toBeNull();
});

test('its key at the provider names it, and is trusted for less than the day that the provider keeps it', () => {
  expect(providerKeyOf('r')).toBe('re:r');
  expect(isKeyFresh({ createdAt }, later(22 * 3_600_000))).toBe(true);
  expect(isKeyFresh({ createdAt }, later(23 * 3_600_000))).toBe(false);
});
