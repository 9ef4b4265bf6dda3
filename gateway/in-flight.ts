/** Counts running operations, so that a stopping gateway can wait for them. */
export interface InFlight {
  /** Call it at the start of an operation, and what it returns at its end; a second call of that does nothing. */
  enter: () => () => void;
  /** Resolves with true when nothing runs, with false when something still does after `graceMs`. */
  idle: (graceMs: number) => Promise<boolean>;
}

export function createInFlight(): InFlight {
  let running = 0;
  let waiting: (() => void)[] = [];
  return {
    enter() {
      running += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        running -= 1;
        if (running > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      };
    },
    idle(graceMs) {
      if (running === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), graceMs);
        waiting.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    },
  };
}
