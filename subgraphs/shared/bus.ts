/** Signals between processes: no data, no promise of delivery, but a sign when some may have been lost. */
import { PubSub, type PubSubEngine } from 'graphql-subscriptions';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';
import type { Log } from './log.js';

export interface Bus {
  /** Reaches every process that listens at the moment. */
  signal(channel: string): Promise<void>;
  /** Calls `onSignal` at every signal until the result is called; it listens when the promise resolves. */
  listen(channel: string, onSignal: () => void): Promise<() => void>;
  /** Calls `onGap` when signals may have been lost, until the result is called. */
  listenToGaps(onGap: () => void): () => void;
  /** Rejects when signals do not reach other processes now. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

interface Engine {
  pubsub: PubSubEngine;
  ready(): Promise<void>;
  close(): Promise<void>;
}

function connect(url: string, log: Log, enableReadyCheck: boolean): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 50, 2_000),
    enableReadyCheck,
  });
  redis.on('error', (error) =>
    log.warn({ err: error }, 'Redis is not reachable; it is tried again until it is'),
  );
  return redis;
}

function redisEngine(url: string, log: Log, onGap: () => void): Engine {
  const publisher = connect(url, log, true);
  // The check is a command of its own, which a connection that subscribes at once refuses.
  const subscriber = connect(url, log, false);
  let connections = 0;
  subscriber.on('ready', () => {
    connections += 1;
    if (connections > 1) onGap();
  });
  const pubsub = new RedisPubSub({ publisher, subscriber });
  const ready = async (): Promise<void> => {
    // Without a connection a command would wait for one.
    if (publisher.status !== 'ready' || subscriber.status !== 'ready')
      throw new Error('Redis is not connected');
    await publisher.ping();
  };
  return { pubsub, ready, close: async () => void (await pubsub.close()) };
}

/** Over Redis where `redisUrl` is given, in memory otherwise. `prefix` keeps several shops on one Redis apart. */
export function createBus(options: { redisUrl?: string | undefined; prefix: string; log: Log }): Bus {
  const { redisUrl, prefix, log } = options;
  const gaps = new Set<() => void>();
  const memory = (): Engine => ({ pubsub: new PubSub(), ready: async () => {}, close: async () => {} });
  const { pubsub, ready, close } = redisUrl
    ? redisEngine(redisUrl, log, () => gaps.forEach((onGap) => onGap()))
    : memory();
  return {
    signal: (channel) => pubsub.publish(`${prefix}:${channel}`, 1),
    listen: async (channel, onSignal) => {
      const subscription = await pubsub.subscribe(`${prefix}:${channel}`, onSignal, {});
      return () => pubsub.unsubscribe(subscription);
    },
    listenToGaps: (onGap) => {
      gaps.add(onGap);
      return () => void gaps.delete(onGap);
    },
    ready,
    close,
  };
}
