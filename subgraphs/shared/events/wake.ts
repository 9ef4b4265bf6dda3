/**
 * Wakes the relay and the consumers after a commit, so that they need not poll fast. A lost ring costs only the time to
 * the next poll.
 */
import type { Bus } from '../bus.js';

export interface Wake {
  /** Rings for everybody who waits for `bell`, in every process. */
  ring(bell: string): void;
  /** Calls `onRing` at every ring until the result is called. */
  listen(bell: string, onRing: () => void): Promise<() => void>;
}

/** Rung when a publisher's outbox has new rows. */
export const relayBell = (publisher: string): string => `relay.${publisher}`;

/** Rung when a consumer's inbox has new rows. */
export const inboxBell = (schema: string, consumer: string): string => `inbox.${schema}.${consumer}`;

export function createWake(bus: Bus, onError: (error: unknown) => void): Wake {
  return {
    ring: (bell) => void bus.signal(`wake.${bell}`).catch(onError),
    listen: (bell, onRing) => bus.listen(`wake.${bell}`, onRing),
  };
}
