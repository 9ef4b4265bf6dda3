/**
 * Wakes the relay and the consumers after a commit, so that they need not poll fast. A lost ring costs only the time to
 * the next poll. In memory for one process, over Redis for several.
 */
import type { PubSubEngine } from 'graphql-subscriptions';

export interface Wake {
  /** Rings for everybody who waits for `bell`, in every process. */
  ring(bell: string): void;
  /** Calls `onRing` at every ring until the result is called. */
  listen(bell: string, onRing: () => void): Promise<() => void>;
}

/** `relay`, or a consumer's schema: `inbox:orders`. */
export const inboxBell = (schema: string): string => `inbox:${schema}`;

export function createWake(pubsub: PubSubEngine, onError: (error: unknown) => void): Wake {
  return {
    ring: (bell) => void pubsub.publish(`wake.${bell}`, 1).catch(onError),
    listen: async (bell, onRing) => {
      const subscription = await pubsub.subscribe(`wake.${bell}`, onRing, {});
      return () => pubsub.unsubscribe(subscription);
    },
  };
}
