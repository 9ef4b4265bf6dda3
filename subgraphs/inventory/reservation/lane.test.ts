import { expect, test } from '@jest/globals';
import { createLane, type LaneOptions } from './lane.js';

interface Deferred {
  batch: string[];
  answer(): void;
  fail(error: Error): void;
}

/** A lane whose batches the test answers by hand. */
function setUp(options: Partial<LaneOptions<string, string>> = {}) {
  const batches: Deferred[] = [];
  const time = { now: 0 };
  const lane = createLane<string, string>({
    decideBatch: (batch) =>
      new Promise((resolve, reject) => {
        batches.push({ batch, answer: () => resolve(batch.map((one) => `${one}!`)), fail: reject });
      }),
    keyOf: (request) => request.split('/')[0] ?? '',
    clock: () => new Date(time.now),
    ...options,
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { lane, batches, time, settle };
}

test('what arrives while a batch is decided is decided together next', async () => {
  const { lane, batches, settle } = setUp();
  const answers = ['a', 'b', 'c'].map((one) => lane.decide(one));
  expect(batches.map((one) => one.batch)).toEqual([['a']]);
  batches[0]?.answer();
  await settle();
  expect(batches.map((one) => one.batch)).toEqual([['a'], ['b', 'c']]);
  batches[1]?.answer();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!']);
  const late = lane.decide('d');
  expect(batches[2]?.batch).toEqual(['d']);
  batches[2]?.answer();
  expect(await late).toBe('d!');
});

test('a batch has so many requests at most, and each key once', async () => {
  const { lane, batches, settle } = setUp({ maxBatch: 2 });
  const answers = ['x', 'a/1', 'a/2', 'b', 'c'].map((one) => lane.decide(one));
  for (const i of [0, 1, 2]) {
    batches[i]?.answer();
    await settle();
  }
  expect(batches.map((one) => one.batch)).toEqual([['x'], ['a/1', 'b'], ['a/2', 'c']]);
  expect(await Promise.all(answers)).toEqual(['x!', 'a/1!', 'a/2!', 'b!', 'c!']);
});

test('a batch has so much work at most; what is more by itself is decided alone, and small ones need not wait for it', async () => {
  const workOf = (request: string) => Number(request.slice(1));
  const { lane, batches, settle } = setUp({ maxWork: 10, workOf });
  const answers = ['x1', 'a6', 'b50', 'c4', 'd1'].map((one) => lane.decide(one));
  for (const i of [0, 1, 2, 3]) {
    batches[i]?.answer();
    await settle();
  }
  expect(batches.map((one) => one.batch)).toEqual([['x1'], ['a6', 'c4'], ['b50'], ['d1']]);
  expect(await Promise.all(answers)).toEqual(['x1!', 'a6!', 'b50!', 'c4!', 'd1!']);
});

test('more than may wait are sent away', async () => {
  const { lane, batches, settle } = setUp({ maxWaiting: 2 });
  const answers = ['a', 'b', 'c'].map((one) => lane.decide(one));
  await expect(lane.decide('d')).rejects.toMatchObject({ extensions: { code: 'RETRY_LATER' } });
  batches[0]?.answer();
  await settle();
  batches[1]?.answer();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!']);
});

test('the members of a failed batch are tried one by one, and only the one at fault fails', async () => {
  const { lane, batches, settle } = setUp();
  const answers = ['x', 'a', 'b'].map((one) => lane.decide(one).catch((error: Error) => error.message));
  batches[0]?.answer();
  await settle();
  batches[1]?.fail(new Error('the batch'));
  await settle();
  expect(batches[2]?.batch).toEqual(['a']);
  batches[2]?.fail(new Error('a is bad'));
  await settle();
  batches[3]?.answer();
  expect(await Promise.all(answers)).toEqual(['x!', 'a is bad', 'b!']);
  expect(batches).toHaveLength(4);
});

test('they are not tried for longer than the deadline, and the lane goes on', async () => {
  const { lane, batches, time, settle } = setUp({ deadlineMs: 1_000 });
  const answers = ['x', 'a', 'b'].map((one) => lane.decide(one).catch((error: Error) => error.message));
  batches[0]?.answer();
  await settle();
  batches[1]?.fail(new Error('the batch'));
  await settle();
  time.now = 1_000;
  batches[2]?.answer();
  expect(await Promise.all(answers)).toEqual(['x!', 'a!', expect.stringContaining('try again')]);
  const next = lane.decide('c');
  await settle();
  batches[3]?.answer();
  expect(await next).toBe('c!');
});

test('where much waits a second batch is sent beside the first, and no third', async () => {
  const { lane, batches, settle } = setUp({ enoughForSecond: 3 });
  const answers = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((one) => lane.decide(one));
  expect(batches.map((one) => one.batch)).toEqual([['a'], ['b', 'c', 'd']]);
  batches[1]?.answer();
  await settle();
  expect(batches.map((one) => one.batch)).toEqual([['a'], ['b', 'c', 'd'], ['e', 'f', 'g']]);
  batches[2]?.answer();
  batches[0]?.answer();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!', 'f!', 'g!']);
  // One waits, and one is in flight: the lane has gone back to one batch at a time.
  const later = ['h', 'i'].map((one) => lane.decide(one));
  expect(batches.slice(3).map((one) => one.batch)).toEqual([['h']]);
  batches[3]?.answer();
  await settle();
  batches[4]?.answer();
  expect(await Promise.all(later)).toEqual(['h!', 'i!']);
});
