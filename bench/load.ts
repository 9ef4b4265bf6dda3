/** A closed loop: each client asks again as soon as it has its answer. Nothing here knows what is asked. */

/** The next thing for a client to do; undefined when the data it needs is used up. Taking it is not timed, doing it is. */
export type Work = (client: number) => (() => Promise<unknown>) | undefined;

export interface LoadOptions {
  clients: number;
  seconds: number;
  work: Work;
  /** Goes on after the time until so many are done: on a busy machine a few seconds are a few operations. */
  least?: number;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
}

export interface Load {
  /** Done without an error. */
  operations: number;
  /** From the first question to the last answer: less than asked for when the data was used up before. */
  seconds: number;
  /** Milliseconds of what was done without an error, ascending. */
  latencies: number[];
  /** How often each message came. */
  errors: Map<string, number>;
}

/** Times the measured time: so much longer it may take to do the least. */
const patience = 20;

/** Runs `clients` loops until the time is over or the work is used up; what has begun is finished. */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const { clients, seconds, work, least = 0, now = () => performance.now() } = options;
  const latencies: number[] = [];
  const errors = new Map<string, number>();
  const began = now();
  const end = began + seconds * 1_000;
  const latest = end + patience * seconds * 1_000;
  const goesOn = (): boolean => now() < end || (latencies.length < least && now() < latest);

  async function loop(client: number): Promise<void> {
    while (goesOn()) {
      const next = work(client);
      if (!next) return;
      const asked = now();
      try {
        await next();
        latencies.push(now() - asked);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        errors.set(message, (errors.get(message) ?? 0) + 1);
      }
    }
  }

  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  latencies.sort((a, b) => a - b);
  return { operations: latencies.length, seconds: (now() - began) / 1_000, latencies, errors };
}

/** The smallest value that at least `percent` of all are not above (nearest rank); NaN of nothing. `sorted` ascends. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}
