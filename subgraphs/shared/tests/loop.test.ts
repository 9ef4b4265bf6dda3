import { afterEach, expect, jest, test } from '@jest/globals';
import { startLoop } from '../events/loop.js';
import { createLog } from '../log.js';

const wake = { ring: () => {}, listen: async () => () => {} };
const log = createLog('silent', 'test');

// Time stands still: who pauses, pauses for ever.
const standStill = (): unknown =>
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
afterEach(() => void jest.useRealTimers());

test('a loop that is stopped while its work fails does not pause', async () => {
  standStill();
  let begun = (): void => {};
  let failNow = (_error: Error): void => {};
  const working = new Promise<void>((resolve) => (begun = resolve));
  const work = (): Promise<boolean> =>
    new Promise((_resolve, reject) => {
      failNow = reject;
      begun();
    });
  const loop = startLoop({ name: 'a loop', bell: 'a bell', wake, log, pollMs: 1_000, work });
  await working;
  const stopped = loop.stop();
  failNow(new Error('the database is away'));
  await stopped;
  expect(jest.getTimerCount()).toBe(0);
});

test('a loop that is stopped while it pauses after a failure wakes up', async () => {
  standStill();
  let tries = 0;
  const work = async (): Promise<boolean> => {
    tries += 1;
    throw new Error('the database is away');
  };
  const loop = startLoop({ name: 'a loop', bell: 'a bell', wake, log, pollMs: 1_000, work });
  while (jest.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  await loop.stop();
  expect([tries, jest.getTimerCount()]).toEqual([1, 0]);
});

test('the first ring is answered at once, those that come during the rest together at its end', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  let ring = (): void => {};
  const rung = { ...wake, listen: async (_bell: string, onRing: () => void) => ((ring = onRing), () => {}) };
  let batches = 0;
  const work = async (): Promise<boolean> => {
    batches += 1;
    return false;
  };
  const loop = startLoop({
    name: 'a loop',
    bell: 'a bell',
    wake: rung,
    log,
    pollMs: 60_000,
    restMs: 100,
    work,
  });
  await settle();
  expect(batches).toBe(1);
  jest.advanceTimersByTime(100);
  await settle();
  ring();
  await settle();
  expect(batches).toBe(2);
  for (let i = 0; i < 5; i += 1) {
    ring();
    await settle();
  }
  jest.advanceTimersByTime(99);
  await settle();
  expect(batches).toBe(2);
  jest.advanceTimersByTime(1);
  await settle();
  expect(batches).toBe(3);
  const stopped = loop.stop();
  await stopped;
  expect(jest.getTimerCount()).toBe(0);
});

test('a full batch is followed by the next without a rest', async () => {
  standStill();
  let batches = 0;
  const work = async (): Promise<boolean> => (batches += 1) < 3;
  const loop = startLoop({ name: 'a loop', bell: 'a bell', wake, log, pollMs: 1_000, restMs: 100, work });
  while (jest.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  await loop.stop();
  expect(batches).toBe(3);
});
