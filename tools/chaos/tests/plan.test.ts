/** What happens in a run follows from its seed, and from nothing else. */
import { expect, test } from '@jest/globals';
import { readOptions } from '../options.js';
import { killable, planRun, storyWeights } from '../plan.js';
import { randomOf } from '../random.js';

const size = { checkouts: 2_000, kills: 220 };

test('the same seed gives the same plan, another one another', () => {
  expect(planRun(7, size)).toEqual(planRun(7, size));
  expect(planRun(8, size)).not.toEqual(planRun(7, size));
});

test('a checkout stays the same when more of them come', () => {
  const { checkouts } = planRun(7, { checkouts: 100, kills: 10 });
  const story = ({ number, story: name }: (typeof checkouts)[number]): string => `${number} ${name}`;
  expect(planRun(7, { checkouts: 200, kills: 40 }).checkouts.slice(0, 100).map(story)).toEqual(
    checkouts.map(story),
  );
});

test('each process, PostgreSQL and Redis are killed equally often, and the whole proof kills each at least 20 times', () => {
  const counts = new Map<string, number>();
  for (const { fault } of planRun(1, size).faults) {
    const name = fault.kind === 'kill' ? fault.process : fault.kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const name of [...killable, 'postgres', 'redis']) expect([name, counts.get(name)]).toEqual([name, 20]);
  expect(counts.get('time')).toBeLessThanOrEqual(24);
  expect(counts.get('flush')).toBeGreaterThan(0);
});

test('time passes in jumps of less than a day in all: the provider’s keys outlive the run', () => {
  const jumped = planRun(3, size).faults.reduce(
    (sum, { fault }) => sum + (fault.kind === 'time' ? fault.ms : 0),
    0,
  );
  expect(jumped).toBeLessThan(23 * 3_600_000);
});

test('every story is told in a long run', () => {
  const told = new Set(planRun(1, size).checkouts.map(({ story }) => story));
  expect([...told].sort()).toEqual(Object.keys(storyWeights).sort());
});

test('choices of one name do not depend on those of another', () => {
  const [one, other] = [randomOf(1, 'one'), randomOf(1, 'other')];
  expect(randomOf(1, 'one').next()).toBe(one.next());
  expect(other.next()).not.toBe(randomOf(1, 'one').next());
  expect(randomOf(1, 'x').shuffle([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
});

test('the command line is read, and what is wrong in it is said', () => {
  expect(readOptions(['--seed', '5', '--kills', '0'])).toMatchObject({ seed: 5, kills: 0, checkouts: 120 });
  expect(() => readOptions(['--seed', '-1'])).toThrow();
  expect(() => readOptions(['--checkouts', '0'])).toThrow('--checkouts is a number from 1');
  expect(() => readOptions(['--without', ''])).toThrow('--list-guards');
});
