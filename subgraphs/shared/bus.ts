/** Signals between processes: no data, no promise of delivery, but a sign when some may have been lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PubSub } from 'graphql-subscriptions';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis, type RedisOptions } from 'ioredis';
import type { Log } from './log.js';

export interface Bus {
  /** Reaches every process that listens at the moment; while Redis is away, those that listen when it is back. */
  signal(channel: string): Promise<void>;
  /** Calls `onSignal` at every signal until the result is called; it listens when the promise resolves, or, with one signal
   * more, when Redis is there. */
  listen(channel: string, onSignal: () => void): Promise<() => void>;
  /** Calls `onGap` when signals may have been lost, until the result is called. */
  listenToGaps(onGap: () => void): () => void;
  /**
   * Whether nobody has said `word` in the last `forMs`, in any process; nobody else is asked while Redis is away.
   */
  isFirst(word: string, forMs: number): Promise<boolean>;
  /** Rejects when signals do not reach other processes now. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

type Listen = Bus['listen'];

interface Engine {
  publish(channel: string): Promise<void>;
  listen: Listen;
  isFirst: Bus['isFirst'];
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How long to wait for Redis before going on without it; at a start it is there much sooner. */
const patienceMs = 1_000;

function connect(url: string, log: Log, options: RedisOptions): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 50, 2_000),
    // Giving up a connection that has gone already waits as long.
    disconnectTimeout: 200,
    ...options,
  });
  redis.on('error', (error) =>
    log.warn({ err: error }, 'Redis is not reachable; it is tried again until it is'),
  );
  return redis;
}

/** Gives up what cannot be said any more, where Redis is away or silent. */
async function end(redis: Redis): Promise<void> {
  if (redis.status === 'ready')
    await Promise.race([redis.quit().catch(() => {}), sleep(patienceMs, undefined, { ref: false })]);
  redis.disconnect();
}

/** Nobody waits for Redis while it is away: what was to be signalled is signalled when it is back, each channel once. */
function redisEngine(url: string, log: Log, onGap: () => void): Engine {
  // What it cannot send fails at once; what was sent when the connection ended fails then.
  const publisher = connect(url, log, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: 5_000,
  });
  // The check is a command of its own, which a connection that subscribes at once refuses.
  const subscriber = connect(url, log, { enableReadyCheck: false });
  const unsubscribe = subscriber.unsubscribe.bind(subscriber);
  const punsubscribe = subscriber.punsubscribe.bind(subscriber);
  // The library does not wait for these, and they fail when the connection is given up.
  Object.assign(subscriber, {
    unsubscribe: (channel: string) => unsubscribe(channel).catch(() => 0),
    punsubscribe: (channel: string) => punsubscribe(channel).catch(() => 0),
  });
  const pubsub = new RedisPubSub({ publisher, subscriber });
  const connected = [publisher, subscriber].map(
    (redis) => new Promise((resolve) => redis.once('ready', resolve)),
  );
  const begun = Promise.race([Promise.all(connected), sleep(patienceMs, undefined, { ref: false })]);

  const missed = new Set<string>();
  const publish = async (channel: string): Promise<void> => {
    await begun;
    await pubsub.publish(channel, 1).catch(() => void missed.add(channel));
  };
  publisher.on('ready', () => {
    const channels = [...missed];
    missed.clear();
    for (const channel of channels) void publish(channel);
  });

  const waiting = new Set<() => void>();
  let connections = 0;
  subscriber.on('ready', () => {
    connections += 1;
    if (connections > 1) onGap();
    for (const begin of [...waiting]) begin();
    waiting.clear();
  });
  const listen: Listen = async (channel, onSignal) => {
    await begun;
    let stop: (() => void) | undefined;
    let stopped = false;
    let isLate = subscriber.status !== 'ready';
    const begin = async (): Promise<void> => {
      const id = await pubsub.subscribe(channel, onSignal, {});
      stop = () => pubsub.unsubscribe(id);
      if (stopped) stop();
      // What was missed until now is made good by one signal.
      else if (isLate) onSignal();
    };
    const beginLate = (): void =>
      void begin().catch((error: unknown) => log.warn({ err: error }, 'a channel is not heard'));
    if (isLate) waiting.add(beginLate);
    else {
      const beginning = begin();
      const late = sleep(patienceMs, undefined, { ref: false }).then(() => void (isLate = true));
      beginning.catch(() => {});
      await Promise.race([beginning, late]);
    }
    return () => {
      stopped = true;
      waiting.delete(beginLate);
      stop?.();
    };
  };

  const isFirst: Bus['isFirst'] = async (word, forMs) => {
    await begun;
    // What can't be asked counts as first: refusing all would cost more than a process may be told twice.
    return publisher.set(word, 1, 'PX', forMs, 'NX').then(
      (answer) => answer === 'OK',
      () => true,
    );
  };

  const ready = async (): Promise<void> => {
    // Without a connection a command would wait for one.
    if (publisher.status !== 'ready' || subscriber.status !== 'ready')
      throw new Error('Redis is not connected');
    await publisher.ping();
  };
  return {
    publish,
    listen,
    isFirst,
    ready,
    close: async () => void (await Promise.all([publisher, subscriber].map(end))),
  };
}

function memoryEngine(): Engine {
  const pubsub = new PubSub();
  return {
    publish: (channel) => pubsub.publish(channel, 1),
    listen: async (channel, onSignal) => {
      const id = await pubsub.subscribe(channel, onSignal);
      return () => pubsub.unsubscribe(id);
    },
    isFirst: async () => true,
    ready: async () => {},
    close: async () => {},
  };
}

/** Over Redis where `redisUrl` is given, in memory otherwise. `prefix` keeps several shops on one Redis apart. */
export function createBus(options: { redisUrl?: string | undefined; prefix: string; log: Log }): Bus {
  const { redisUrl, prefix, log } = options;
  const gaps = new Set<() => void>();
  const { publish, listen, isFirst, ready, close } = redisUrl
    ? redisEngine(redisUrl, log, () => gaps.forEach((onGap) => onGap()))
    : memoryEngine();
  return {
    isFirst: (word, forMs) => isFirst(`${prefix}:first:${word}`, forMs),
    signal: (channel) => publish(`${prefix}:${channel}`),
    listen: (channel, onSignal) => listen(`${prefix}:${channel}`, onSignal),
    listenToGaps: (onGap) => {
      gaps.add(onGap);
      return () => void gaps.delete(onGap);
    },
    ready,
    close,
  };
}
