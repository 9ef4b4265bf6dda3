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
