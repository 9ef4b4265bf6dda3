/** Tries again what a dying or restarting server has left undone: every request carries its key, so a repeat is harmless. */
import { GraphQLRequestError } from '../../client/errors.js';

export interface Patience {
  /** How long a shop may be away, milliseconds. */
  awayMs: number;
  /** How long it may answer with faults of its own, milliseconds. */
  faultMs: number;
  sleep: (ms: number) => Promise<void>;
  now: () => number;
  /** Told before each wait; for the progress line. */
  onWait?: (error: GraphQLRequestError, ms: number) => void;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As the programs use it: a restart, a move to another server and a database's recovery take less than ten minutes. */
export const patient: Patience = { awayMs: 600_000, faultMs: 60_000, sleep, now: Date.now };

const firstWaitMs = 200;
const longestWaitMs = 5_000;

const away = new Set([
  'NETWORK_ERROR',
  'SERVICE_UNAVAILABLE',
  'SHUTTING_DOWN',
  'RETRY_LATER',
  'RATE_LIMITED',
  'INCOMPLETE_DATA',
]);

/** How long such an error is borne, milliseconds; 0 for one that a repeat does not mend. */
function bearable(error: GraphQLRequestError, { awayMs, faultMs }: Patience): number {
  if (away.has(error.code)) return awayMs;
  if (error.code === 'INTERNAL_SERVER_ERROR') return faultMs;
  return (error.status ?? 0) >= 500 ? awayMs : 0;
}

/**
 * The result of `work`, which is tried again while the shop is away.
 * @throws what `work` threw last, once patience has ended or a repeat would not help
 */
export async function withPatience<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  const began = patience.now();
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, longestWaitMs)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GraphQLRequestError)) throw error;
      if (patience.now() - began >= bearable(error, patience)) throw error;
      // Workers that failed together shall not come back together.
      const ms = Math.round(wait * (0.5 + Math.random() / 2));
      patience.onWait?.(error, ms);
      await patience.sleep(ms);
    }
  }
}
