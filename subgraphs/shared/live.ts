/**
 * Live queries: a subscription begins with a snapshot, and reads anew at every signal. A signal carries no data, so that
 * signals that arrive together, twice or out of order do no harm, a slow reader's queue is one signal long, and after a
 * gap (a lost Redis connection) one more signal repairs it.
 */
import { PubSub, type PubSubEngine } from 'graphql-subscriptions';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';
import type { Log } from './log.js';

export interface Live {
  /** For wake.ts. */
  pubsub: PubSubEngine;
  /** Tells every process that what `topic` names has changed; after the commit. */
  signal(topic: string): Promise<void>;
  /** Calls `onSignal` at every signal of `topic` and after a gap, until the result is called. */
  watch(topic: string, onSignal: () => void): Promise<() => void>;
  close(): Promise<void>;
}

/** Over Redis where `redisUrl` is given, in memory otherwise. `prefix` keeps several shops on one Redis apart. */
export function createLive(options: { redisUrl?: string | undefined; prefix: string; log: Log }): Live {
  const gaps = new Set<() => void>();
  const { pubsub, close } = options.redisUrl
    ? redisPubSub(options.redisUrl, options.prefix, options.log, () => gaps.forEach((onGap) => onGap()))
    : { pubsub: new PubSub(), close: async () => {} };
  return {
    pubsub,
    signal: (topic) => pubsub.publish(`live.${topic}`, 1),
    watch: async (topic, onSignal) => {
      const subscription = await pubsub.subscribe(`live.${topic}`, onSignal, {});
      gaps.add(onSignal);
      return () => {
        gaps.delete(onSignal);
        pubsub.unsubscribe(subscription);
      };
    },
    close,
  };
}

function redisPubSub(
  url: string,
  prefix: string,
  log: Log,
  onGap: () => void,
): { pubsub: PubSubEngine; close(): Promise<void> } {
  const connect = (): Redis => {
    const redis = new Redis(url, {
      maxRetriesPerRequest: null,
      retryStrategy: (times) => Math.min(times * 50, 2_000),
    });
    redis.on('error', (error) =>
      log.warn({ err: error }, 'Redis is not reachable; it is tried again until it is'),
    );
    return redis;
  };
  const publisher = connect();
  const subscriber = connect();
  let connections = 0;
  subscriber.on('ready', () => {
    connections += 1;
    if (connections > 1) onGap();
  });
  const pubsub = new RedisPubSub({
    publisher,
    subscriber,
    triggerTransform: (trigger) => `${prefix}:${String(trigger)}`,
  });
  // The library transforms what is subscribed to, but not what is published to.
  const publish = pubsub.publish.bind(pubsub);
  pubsub.publish = (trigger, payload) => publish(`${prefix}:${trigger}`, payload);
  return { pubsub, close: async () => void (await pubsub.close()) };
}

/**
 * The event stream of a subscription's `subscribe` resolver: `read` at once, then after each signal of a topic. Null
 * from `read` is passed over. It listens before it reads, so that no change falls between the two. No generator: its
 * `return` would wait for the next signal, and the client has gone.
 */
export async function liveQuery<T>(
  live: Live,
  topics: readonly string[],
  read: () => Promise<T | null>,
): Promise<AsyncIterableIterator<T>> {
  let signalled = true;
  let ended = false;
  let wakeUp: (() => void) | undefined;
  const onSignal = (): void => {
    signalled = true;
    wakeUp?.();
  };
  const unwatch = await Promise.all(topics.map((topic) => live.watch(topic, onSignal)));
  const end = (): IteratorReturnResult<undefined> => {
    if (!ended) unwatch.forEach((stop) => stop());
    ended = true;
    wakeUp?.();
    return { done: true, value: undefined };
  };
  const stream: AsyncIterableIterator<T> = {
    next: async () => {
      while (!ended) {
        if (!signalled) await new Promise<void>((resolve) => (wakeUp = resolve));
        if (ended) break;
        signalled = false;
        let value: T | null;
        try {
          value = await read();
        } catch (error) {
          end();
          throw error;
        }
        if (value !== null && !ended) return { done: false, value };
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
