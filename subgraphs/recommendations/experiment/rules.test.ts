import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../shared/ids.js';
import { armOf, bucketOf, experimentErrors, type Arm, type Draft } from './rules.js';

/** Two to five shares that come to 100. */
const shares = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 100])
  .map((cuts) => cuts.slice(1).map((cut, i) => cut - (cuts[i] ?? 0)));

const armsOf = (...of: number[]): Arm[] =>
  of.map((share, i) => ({ name: `arm-${i}`, strategy: 'NEWEST', share }));

test('of 10,000 visitors each arm gets its share, and every visitor has one', () => {
  const visitors = Array.from({ length: 10_000 }, newId);
  fc.assert(
    fc.property(fc.uuid(), shares, (id, of) => {
      const arms = armsOf(...of);
      const counts = new Map(arms.map(({ name }) => [name, 0]));
      for (const visitor of visitors) {
        const name = armOf({ id, arms }, visitor)?.name ?? 'none';
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      // Five standard deviations of a share of a half are 2.5 percent of 10,000.
      for (const { name, share } of arms)
        expect(Math.abs((counts.get(name) ?? 0) - share * 100)).toBeLessThanOrEqual(250);
      expect(counts.has('none')).toBe(false);
    }),
    { numRuns: 6 },
  );
});

test('a visitor stays in their arm, whatever the arms are called and who else there is', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), shares, (id, visitor, of) => {
      const bucket = bucketOf(id, visitor);
      const arms = armsOf(...of);
      const place = arms.findIndex((_, i) => bucket < of.slice(0, i + 1).reduce((a, b) => a + b, 0));
      expect(armOf({ id, arms }, visitor)).toMatchObject({ name: `arm-${place}` });
    }),
  );
  // Written down: another hash would move every visitor of a running experiment.
  const [experiment, visitor] = [
    '0199aa00-0000-7000-8000-000000000001',
    '0199aa00-0000-7000-8000-000000000002',
  ];
  expect(bucketOf(experiment, visitor)).toBe(76);
});

test('who has no id gets the control', () => {
  fc.assert(
    fc.property(fc.uuid(), shares, (id, of) => {
      expect(armOf({ id, arms: armsOf(...of) }, null)).toMatchObject({ name: 'arm-0' });
    }),
  );
});

test('visitors of one arm are spread anew in the next experiment', () => {
  const arms = armsOf(50, 50);
  const [first, second] = [newId(), newId()];
  const inControl = (id: string) => (visitor: string) => armOf({ id, arms }, visitor)?.name === 'arm-0';
  const once = Array.from({ length: 10_000 }, newId).filter(inControl(first));
  const twice = once.filter(inControl(second));
  expect(Math.abs(twice.length / once.length - 0.5)).toBeLessThan(0.05);
});

const good: Draft = {
  name: 'Is new better?',
  slot: 'RELATED',
  arms: [
    { name: 'control', strategy: 'RELATED', share: 90 },
    { name: 'newest-first', strategy: 'NEWEST', share: 10 },
  ],
};
const control: Arm = { name: 'control', strategy: 'RELATED', share: 90 };
const problems = (draft: Partial<Draft>): string[] =>
  experimentErrors({ ...good, ...draft }).map(({ field, message }) => `${field?.join('.')}: ${message}`);

test('an experiment says what it is to find out, and has two to five arms that fit its list and come to 100', () => {
  expect(problems({})).toEqual([]);
  expect(problems({ name: ' ' })).toEqual(['name: The name is 1 to 100 characters.']);
  expect(problems({ arms: [{ ...control, share: 100 }] })).toEqual([
    'arms: An experiment has 2 to 5 arms, not 1.',
  ]);
  expect(problems({ arms: armsOf(20, 20, 20, 20, 10, 10) })).toEqual([
    'arms: An experiment has 2 to 5 arms, not 6.',
  ]);
  expect(problems({ arms: [control, { name: 'b', strategy: 'NEWEST', share: 11 }] })).toEqual([
    'arms: The shares come to 101 percent, not 100.',
  ]);
  const nothing: Arm = { name: 'b', strategy: 'NEWEST', share: 0 };
  expect(problems({ arms: [{ ...control, share: 100 }, nothing] })).toEqual([
    'arms.1.share: A share is 1 percent at least.',
  ]);
  expect(problems({ arms: [control, { ...control, share: 10 }] })).toEqual([
    'arms.1.name: There are two arms control.',
  ]);
  expect(problems({ arms: [control, { name: 'New first', strategy: 'NEWEST', share: 10 }] })).toEqual([
    "arms.1.name: An arm's name is 1 to 30 small letters, digits and -, not beginning with -.",
  ]);
  expect(problems({ slot: 'BOUGHT_TOGETHER' })).toEqual([
    'arms.1.strategy: BOUGHT_TOGETHER is made by BOUGHT_TOGETHER, RELATED, not by NEWEST.',
  ]);
  expect(problems({ slot: 'FOR_YOU' })).toEqual([
    'arms.0.strategy: FOR_YOU is made by HISTORY, POPULAR, NEWEST, not by RELATED.',
  ]);
});
