/** Runs tasks with so many workers at a time; what belongs to one party runs in its order. */

export interface Task {
  /** Tasks of the same party never run at the same time, nor in another order than the list's. */
  party: string;
}

/** How far a worker looks for a party that is free, so that one busy customer does not hold the others up. */
const lookAhead = 1_000;

/**
 * Runs every task, in the list's order as far as parties allow. Ends early, with what is running finished, once `stopped` says so.
 * @throws what a task threw first, once the others that run have ended
 */
export async function runTasks<T extends Task>(
  tasks: readonly T[],
  workers: number,
  run: (task: T) => Promise<void>,
  stopped: () => boolean = () => false,
): Promise<void> {
  const waiting = [...tasks].reverse();
  const busy = new Set<string>();
  let failed = false;
  let wake: (() => void)[] = [];

  /** The next task whose party is free; undefined when there is none at the moment. */
  const next = (): T | undefined => {
    const end = Math.max(0, waiting.length - lookAhead);
    for (let i = waiting.length - 1; i >= end; i -= 1) {
      const task = waiting[i];
      if (!task || busy.has(task.party)) continue;
      waiting.splice(i, 1);
      return task;
    }
    return undefined;
  };

  const worker = async (): Promise<void> => {
    while (waiting.length > 0 && !failed && !stopped()) {
      const task = next();
      if (!task) {
        await new Promise<void>((resolve) => wake.push(resolve));
        continue;
      }
      busy.add(task.party);
      try {
        await run(task);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        busy.delete(task.party);
        for (const resume of wake.splice(0)) resume();
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, workers) }, worker));
  wake = [];
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
