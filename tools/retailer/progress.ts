/** Progress on the terminal, or as a line now and then where there is none; on stderr, so that stdout is the result's. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  step(): void;
  /** A word to show beside it: that the shop is away. */
  note(text: string): void;
  end(): void;
}

const lineEveryMs = 10_000;

function bar(what: string, total: number): Progress {
  const shown = new SingleBar({
    format: `${what} {bar} {value}/{total} | {rate}/s | {duration_formatted} | {note}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
  });
  const began = Date.now();
  shown.start(total, 0, { note: '', rate: '0.0' });
  let done = 0;
  const rate = (): string => (done / Math.max(0.001, (Date.now() - began) / 1000)).toFixed(1);
  return {
    step: () => shown.update((done += 1), { note: '', rate: rate() }),
    note: (note) => shown.update(done, { note, rate: rate() }),
    end: () => shown.stop(),
  };
}

function lines(what: string, total: number): Progress {
  const began = Date.now();
  let said = began;
  let done = 0;
  const say = (more: string): void => {
    const seconds = Math.max(0.001, (Date.now() - began) / 1000);
    said = Date.now();
    process.stderr.write(`${what}: ${done}/${total}, ${(done / seconds).toFixed(1)}/s${more}\n`);
  };
  return {
    step: () => {
      done += 1;
      if (Date.now() - said >= lineEveryMs) say('');
    },
    note: (text) => {
      if (Date.now() - said >= lineEveryMs) say(`, ${text}`);
    },
    end: () => say(', end'),
  };
}

/** Begins to show how far `total` things are. */
export const showProgress = (what: string, total: number): Progress =>
  process.stderr.isTTY ? bar(what, total) : lines(what, total);
