/** The shop's time during a run: the machine's, and ahead of it by as much as was jumped. */
import { renameSync, writeFileSync } from 'node:fs';
import type { SourceChange } from '../build.js';

/** Builds programs that read the time from where `openClock` writes it. */
export const movableClock: readonly SourceChange[] = [
  {
    file: 'subgraphs/shared/clock.ts',
    find: '() => new Date();',
    put: "() => movedNow();\nimport { movedNow } from '../../tools/chaos/moved-clock.js';",
  },
  {
    file: 'local/stripe/server.ts',
    find: '  const clock = options.clock ?? (() => new Date());',
    put: '  const clock = options.clock ?? systemClock;',
  },
  {
    file: 'local/stripe/server.ts',
    find: "import { createServer } from 'node:http';",
    put: "import { createServer } from 'node:http';\nimport { systemClock } from '../../subgraphs/shared/clock.js';",
  },
];

export interface ShopClock {
  now(): Date;
  /** Lets so many milliseconds pass, for all processes within a few of the machine's. */
  jump(ms: number): void;
  /** For the processes' environment. */
  env: Record<string, string>;
}

export function openClock(file: string): ShopClock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    jump: (ms) => {
      ahead += ms;
      // Renamed, so that nobody reads half a number.
      writeFileSync(`${file}.new`, String(ahead));
      renameSync(`${file}.new`, file);
    },
    env: { HANSE_CHAOS_CLOCK: file },
  };
}
