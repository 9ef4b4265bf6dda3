/**
 * Streams between a subgraph and a client. These are iterators written out, not async generators: a generator's `return`
 * waits for its pending `next`, so that a client who leaves would hold the subgraph's subscription until the next event.
 */

interface Waiter<T> {
  resolve: (result: IteratorResult<T>) => void;
  reject: (error: unknown) => void;
}

export interface EventQueueOptions {
  /** Events that may wait for the consumer; one more ends the stream. */
  limit: number;
  /** What the consumer is told when it was too slow. */
  overflow: () => Error;
  /** What the consumer is told when the source failed. */
  failure: (error: unknown) => unknown;
  /** Called once, when the stream is over for whatever reason. */
  onEnd: () => void;
}

/**
 * Reads `source` as fast as it gives and hands its events out one by one. A consumer that falls behind by more than `limit`
 * events gets the overflow error next, and what waited is dropped: memory stays bounded, and since a subscription begins
 * with a snapshot the client loses nothing by subscribing again.
 */
export function queueEvents<T>(
  source: AsyncIterator<T>,
  options: EventQueueOptions,
): AsyncIterableIterator<T> {
  const waiting: T[] = [];
  let waiter: Waiter<T> | undefined;
  let ended = false;
  let failure: { error: unknown } | undefined;

  function end(reason?: { error: unknown }): void {
    if (ended) return;
    ended = true;
    failure = reason;
    options.onEnd();
    if (!waiter) return;
    const { resolve, reject } = waiter;
    waiter = undefined;
    if (reason) {
      failure = undefined;
      reject(reason.error);
    } else resolve({ done: true, value: undefined });
  }

  function free(): void {
    // What fails while it is being let go of can't matter to anybody any more.
    Promise.resolve(source.return?.()).catch(() => undefined);
  }

  function offer(event: T): void {
    if (waiter) {
      const { resolve } = waiter;
      waiter = undefined;
      resolve({ done: false, value: event });
    } else if (waiting.length < options.limit) waiting.push(event);
    else {
      waiting.length = 0;
      end({ error: options.overflow() });
      free();
    }
  }

  async function pump(): Promise<void> {
    try {
      while (!ended) {
        const result = await source.next();
        if (result.done) return end();
        if (!ended) offer(result.value);
      }
    } catch (error) {
      end({ error: options.failure(error) });
    }
  }
  void pump();

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const event = waiting.shift();
      if (event !== undefined) return Promise.resolve({ done: false, value: event });
      if (failure) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve, reject) => {
        waiter = { resolve, reject };
      });
    },
    return() {
      waiting.length = 0;
      if (!ended) free();
      end();
      failure = undefined;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** The stream with each event passed through `change`, one at a time and in order. */
export function mapEvents<T, U>(
  stream: AsyncIterableIterator<T>,
  change: (event: T) => Promise<U>,
): AsyncIterableIterator<U> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await stream.next();
      if (result.done) return { done: true, value: undefined };
      try {
        return { done: false, value: await change(result.value) };
      } catch (error) {
        // Whoever reads takes an iterator that threw for ended, and will not call `return`.
        await stream.return?.();
        throw error;
      }
    },
    async return() {
      await stream.return?.();
      return { done: true, value: undefined };
    },
  };
}
