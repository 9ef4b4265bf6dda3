/** How tests wait for what follows by itself: consumers, timers, other processes. */
import { inspect } from 'node:util';

/**
 * How long is waited. Nothing of it is asserted: it only ends a test that has failed, on machines where a moment may take a
 * minute. Below jest's `testTimeout`, so that the message here is the one that is read.
 */
export const patienceMs = 90_000;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks again and again until the answer is as wanted, and gives it; without `wanted`, until there is one: not undefined, null
 * or false. Throws what `ask` throws, and with the last answer when patience ends.
 */
export function eventually<T>(ask: () => T | Promise<T>): Promise<Exclude<T, undefined | null | false>>;
export function eventually<T>(ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T>;
export async function eventually<T>(
  ask: () => T | Promise<T>,
  wanted: (answer: T) => boolean = (answer) => answer !== undefined && answer !== null && answer !== false,
): Promise<T> {
  const end = Date.now() + patienceMs;
  // Quick at first, then sparing: who waits takes time from what is waited for.
  for (let breathMs = 5; ; breathMs = Math.min(2 * breathMs, 100)) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end)
      throw new Error(
        `Not so within ${patienceMs / 1000} s: ${wanted}\nasked: ${ask}\nlast answer: ${inspect(answer, { depth: 8 })}`,
      );
    await pause(breathMs);
  }
}
