/** A stream over several topics that tells which of them was signalled; shared/live.ts has the one for a single thing. */
import type { Live } from '../../shared/live.js';

/**
 * The value of every topic at once, then that of each topic that is signalled. Signals of one topic that come while the
 * reader is busy count once, so the queue is never longer than the topics are many.
 */
export async function watchEach<T>(
  live: Live,
  values: ReadonlyMap<string, T>,
): Promise<AsyncIterableIterator<T>> {
  const signalled = new Set(values.keys());
  let ended = false;
  let wakeUp: (() => void) | undefined;
  const unwatch = await Promise.all(
    [...values.keys()].map((topic) =>
      live.watch(topic, () => {
        signalled.add(topic);
        wakeUp?.();
      }),
    ),
  );
  const end = (): IteratorReturnResult<undefined> => {
    if (!ended) unwatch.forEach((stop) => stop());
    ended = true;
    wakeUp?.();
    return { done: true, value: undefined };
  };
  const stream: AsyncIterableIterator<T> = {
    next: async () => {
      while (!ended) {
        for (const topic of signalled) {
          signalled.delete(topic);
          const value = values.get(topic);
          if (value !== undefined) return { done: false, value };
        }
        await new Promise<void>((resolve) => (wakeUp = resolve));
      }
      return { done: true, value: undefined };
    },
    return: async () => end(),
    throw: async (error) => {
      end();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
