import { expect, test } from '@jest/globals';
import { percentile, runLoad } from './load.js';

/** A clock that stands still until somebody waits. */
function createFakeTime(): { now: () => number; wait: (ms: number) => Promise<void> } {
  let time = 0;
  return {
    now: () => time,
    wait: async (ms) => {
      await Promise.resolve();
      time += ms;
    },
  };
}

test('a percentile is the smallest value that so many are not above', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([1, 50, 95, 100].map((percent) => percentile(hundred, percent))).toEqual([1, 50, 95, 100]);
  expect(percentile([3, 5, 9], 50)).toBe(5);
  expect(percentile([3, 5, 9], 95)).toBe(9);
  expect(percentile([7], 50)).toBe(7);
  expect(percentile([], 50)).toBeNaN();
});

test('a client asks one after the other until the time is over, and what has begun is finished', async () => {
  const { now, wait } = createFakeTime();
  const load = await runLoad({ clients: 1, seconds: 1, now, work: () => () => wait(300) });
  expect(load).toEqual({
    operations: 4,
    seconds: 1.2,
    latencies: [300, 300, 300, 300],
    errors: new Map(),
  });
});

test('every client works, each with a number of its own, and latencies ascend', async () => {
  const { now, wait } = createFakeTime();
  const seen = new Set<number>();
  const load = await runLoad({
    clients: 3,
    seconds: 0.05,
    now,
    work: (client) => () => {
      seen.add(client);
      return wait(30 - 10 * client);
    },
  });
  expect([...seen].sort()).toEqual([0, 1, 2]);
  expect(load.latencies).toEqual([...load.latencies].sort((a, b) => a - b));
});

test('it ends when the data is used up', async () => {
  const { now, wait } = createFakeTime();
  const carts = ['a', 'b', 'c'];
  const load = await runLoad({
    clients: 1,
    seconds: 60,
    now,
    work: () => {
      const cart = carts.pop();
      return cart === undefined ? undefined : () => wait(100);
    },
  });
  expect({ operations: load.operations, seconds: load.seconds }).toEqual({ operations: 3, seconds: 0.3 });
});

test('what fails is counted by its message and is no operation', async () => {
  const { now, wait } = createFakeTime();
  let turn = 0;
  const load = await runLoad({
    clients: 1,
    seconds: 0.4,
    now,
    work: () => async () => {
      await wait(100);
      if ((turn += 1) % 2 === 0) throw new Error('OUT_OF_STOCK');
    },
  });
  expect({ operations: load.operations, errors: load.errors }).toEqual({
    operations: 2,
    errors: new Map([['OUT_OF_STOCK', 2]]),
  });
});

test('it goes on until the least is done, but not for ever', async () => {
  const { now, wait } = createFakeTime();
  const load = await runLoad({ clients: 1, seconds: 1, least: 7, now, work: () => () => wait(300) });
  expect({ operations: load.operations, seconds: load.seconds }).toEqual({ operations: 7, seconds: 2.1 });
  const hopeless = await runLoad({
    clients: 1,
    seconds: 1,
    least: 7,
    now,
    work: () => async () => {
      await wait(1_000);
      throw new Error('OUT_OF_STOCK');
    },
  });
  expect(hopeless).toMatchObject({ operations: 0, seconds: 21 });
});
