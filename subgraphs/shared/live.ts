/**
 * Live queries: a subscription begins with a snapshot, and reads anew at every signal. A signal carries no data, so that
 * signals that arrive together, twice or out of order do no harm, a slow reader's queue is no longer than its topics are
 * many, and after a gap (a lost Redis connection) one more signal of each repairs it.
 */
import type { Bus } from './bus.js';

export interface Live {
  /** Tells every process that what `topic` names has changed; after the commit. */
  signal(topic: string): Promise<void>;
  /** Calls `onSignal` at every signal of `topic` and after a gap, until the result is called. */
  watch(topic: string, onSignal: () => void): Promise<() => void>;
  /** Rejects when signals do not reach other processes now. */
  ready(): Promise<void>;
}

export function createLive(bus: Bus): Live {
  return {
    signal: (topic) => bus.signal(`live.${topic}`),
    ready: () => bus.ready(),
    watch: async (topic, onSignal) => {
      const stop = await bus.listen(`live.${topic}`, onSignal);
      const stopGaps = bus.listenToGaps(onSignal);
      return () => {
        stop();
        stopGaps();
      };
    },
  };
}

/**
 * The stream of a subscription's `subscribe` resolver: what `read` gives for each of `topics` at once, then for each that
 * is signalled; null is passed over. It listens before it reads, so that no change falls between the two. No generator:
 * its `return` would wait for the next signal, and the client has gone.
 */
export async function watchEach<T>(
  live: Live,
  topics: readonly string[],
  read: (topic: string) => Promise<T | null>,
): Promise<AsyncIterableIterator<T>> {
  const signalled = new Set(topics);
  let ended = false;
  let wakeUp: (() => void) | undefined;
  const watched = [...signalled].map((topic) =>
    live.watch(topic, () => {
      signalled.add(topic);
      wakeUp?.();
    }),
  );
  const unwatch = await Promise.all(watched);
  const end = (): IteratorReturnResult<undefined> => {
    if (!ended) unwatch.forEach((stop) => stop());
    ended = true;
    wakeUp?.();
    return { done: true, value: undefined };
  };
  const nextValue = async (): Promise<T | null> => {
    const [topic] = signalled;
    if (topic === undefined) {
      await new Promise<void>((resolve) => (wakeUp = resolve));
      return null;
    }
    signalled.delete(topic);
    return read(topic);
  };
  const stream: AsyncIterableIterator<T> = {
    next: async () => {
      try {
        while (!ended) {
          const value = await nextValue();
          if (value !== null && !ended) return { done: false, value };
        }
        return { done: true, value: undefined };
      } catch (error) {
        end();
        throw error;
      }
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

/** The same for one thing that a single topic tells of. */
export const liveQuery = <T>(
  live: Live,
  topic: string,
  read: () => Promise<T | null>,
): Promise<AsyncIterableIterator<T>> => watchEach(live, [topic], read);
