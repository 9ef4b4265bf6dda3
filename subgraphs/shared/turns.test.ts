import { expect, test } from '@jest/globals';
import { createTurns } from './turns.js';

/** A work that a test lets end. */
function heldWork(): { work: () => Promise<string>; begun: () => boolean; end: (failed?: Error) => void } {
  let begun = false;
  let settle: (failed?: Error) => void = () => undefined;
  const held = new Promise<string>((resolve, reject) => {
    settle = (failed) => (failed ? reject(failed) : resolve('done'));
  });
  return {
    work: () => {
      begun = true;
      return held;
    },
    begun: () => begun,
    end: (failed) => settle(failed),
  };
}
const aMoment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('works of one key run one after the other, also after one that failed; those of another key at once', async () => {
  const turns = createTurns();
  const [first, second, other] = [heldWork(), heldWork(), heldWork()];
  const one = turns.take('a', first.work);
  const two = turns.take('a', second.work);
  const three = turns.take('b', other.work);
  await aMoment();
  expect([first.begun(), second.begun(), other.begun()]).toEqual([true, false, true]);
  first.end(new Error('broken'));
  await expect(one).rejects.toThrow('broken');
  await aMoment();
  expect(second.begun()).toBe(true);
  second.end();
  other.end();
  expect(await Promise.all([two, three])).toEqual(['done', 'done']);
});
