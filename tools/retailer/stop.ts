/** Ctrl-C: what is running is finished, then the program says how to go on; a second one ends at once. */

export interface Stopper {
  stopped(): boolean;
}

/** Listens for SIGINT and SIGTERM. */
export function stopOnSignals(): Stopper {
  let stopped = false;
  const stop = (): void => {
    if (stopped) process.exit(130);
    stopped = true;
    process.stderr.write('\nFinishing what is running; once more to end at once.\n');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { stopped: () => stopped };
}
