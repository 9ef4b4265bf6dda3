import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instantOf } from './time.js';

test.each([
  ['2010-12-01T08:26:00', '2010-12-01T08:26:00.000Z'],
  ['2011-07-01T12:00:00', '2011-07-01T11:00:00.000Z'],
  ['2011-03-27T02:00:00', '2011-03-27T01:00:00.000Z'],
  ['2011-10-30T00:30:00', '2011-10-29T23:30:00.000Z'],
  ['2011-10-30T01:30:00', '2011-10-30T00:30:00.000Z'],
  ['2011-10-30T02:30:00', '2011-10-30T02:30:00.000Z'],
])('%s in London is %s', (local, instant) => {
  expect(instantOf(local)).toBe(instant);
});

test('later in the file is later in the shop, apart from the hour that a clock shows twice or never', () => {
  const minute = fc.integer({ min: 0, max: 365 * 24 * 60 }).map((n) => Date.UTC(2011, 0, 1) + n * 60_000);
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  fc.assert(
    fc.property(minute, fc.integer({ min: 61, max: 100_000 }), (first, minutes) => {
      const later = first + minutes * 60_000;
      expect(Date.parse(instantOf(text(later)))).toBeGreaterThan(Date.parse(instantOf(text(first))));
    }),
  );
});
