import type { Log } from '../log.js';
import type { Wake } from './wake.js';

export interface LoopOptions {
  name: string;
  bell: string;
  wake: Wake;
  log: Log;
  /** The longest pause: rings may get lost, timers come due without one. */
  pollMs: number;
  /** The shortest pause, 100 when absent: what rings meanwhile is one batch afterwards. The first ring of all is answered at once. */
  restMs?: number;
  /** One batch; true when there may be more at once. */
  work: () => Promise<boolean>;
}

/**
 * Runs `work` whenever the bell rings and at least every `pollMs`; a ring during the work runs it once more. A failure
 * (the database is away) is logged once per outage and tried again with growing pauses.
 */
export function startLoop(options: LoopOptions): { stop(): Promise<void> } {
  const { work, log, name, pollMs, restMs = 100 } = options;
  let stopped = false;
  let rung = false;
  let wakeUp: (() => void) | undefined;
  const ring = (): void => {
    rung = true;
    wakeUp?.();
  };

  /** Ends early when it is told to stop, and at a ring unless it is to rest. */
  const pause = (ms: number, resting = false): Promise<void> =>
    new Promise((resolve) => {
      // Who was told to stop while it worked has nobody left to wake it.
      if (stopped) return resolve();
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        if (resting && !stopped) return;
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    const unlisten = await options.wake.listen(options.bell, ring);
    let failures = 0;
    while (!stopped) {
      rung = false;
      let more = false;
      try {
        more = await work();
        if (failures > 0) log.info({ loop: name }, 'works again');
        failures = 0;
      } catch (error) {
        if (failures === 0)
          log.warn({ err: error, loop: name }, 'failed; will be tried again until it works');
        failures += 1;
        await pause(Math.min(100 * 2 ** failures, 5_000));
        continue;
      }
      if (more) continue;
      await pause(restMs, true);
      if (!rung) await pause(pollMs);
    }
    unlisten();
  };
  const finished = run();
  return {
    stop: async () => {
      stopped = true;
      wakeUp?.();
      await finished;
    },
  };
}
