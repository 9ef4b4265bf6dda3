import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { eventually, patienceMs } from './eventually.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('the first answer that is as wanted is given', async () => {
  let n = 0;
  const third = eventually(
    () => (n += 1),
    (answer) => answer === 3,
  );
  await jest.advanceTimersByTimeAsync(1_000);
  expect([await third, n]).toEqual([3, 3]);
});

test('without a wish nothing, null and false are no answers, and zero is one', async () => {
  const answers = [undefined, null, false as const, 0, 1];
  const found = eventually(() => answers.shift());
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await found).toBe(0);
});

test('what never comes is told with the last answer, and asked a last time when patience is over', async () => {
  const began = Date.now();
  const askedAt: number[] = [];
  const ask = async (): Promise<object> => {
    askedAt.push(Date.now() - began);
    return { status: 'PENDING', amount: 12n };
  };
  const failure = eventually(ask, () => false).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(patienceMs + 1_000);
  expect(String(await failure)).toContain("last answer: { status: 'PENDING', amount: 12n }");
  expect(askedAt.at(-1)).toBeGreaterThan(patienceMs);
});

test('what goes wrong while asking is thrown at once', async () => {
  await expect(eventually(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
});
