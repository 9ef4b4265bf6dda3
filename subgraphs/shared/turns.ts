/**
 * Turns: works of one key run one after the other in this process. Who decides on what was read and writes only if it is
 * still so loses no race against its own process then, however many ask at once; other processes are met as before.
 */
export interface Turns {
  /** Runs `work` when those of the same key that came before have ended, well or not. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    take: (key, work) => {
      const turn = (last.get(key) ?? Promise.resolve()).then(work);
      const ended = turn
        .catch(() => undefined)
        .then(() => {
          if (last.get(key) === ended) last.delete(key);
        });
      last.set(key, ended);
      return turn;
    },
  };
}
