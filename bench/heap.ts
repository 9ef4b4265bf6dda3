/** How much of a process' heap is in use once all garbage is collected: the process tells it, `loaded-heap.mjs` being loaded. */

/** For NODE_OPTIONS of the process. */
export const heapOption = `--import=${new URL('loaded-heap.mjs', import.meta.url).href}`;

export interface Heaps {
  /** To be given every line that a process prints. */
  hear(name: string, line: string): void;
  /** Bytes; NaN where the process does not answer within five seconds. */
  ask(name: string, pid: number): Promise<number>;
}

export function createHeaps(): Heaps {
  const waiting = new Map<string, (bytes: number) => void>();
  return {
    hear: (name, line) => {
      const [, bytes] = /heap-after-collection (\d+)/.exec(line) ?? [];
      if (bytes !== undefined) waiting.get(name)?.(Number(bytes));
    },
    ask: async (name, pid) => {
      let timer: NodeJS.Timeout | undefined;
      const bytes = await new Promise<number>((resolve) => {
        waiting.set(name, resolve);
        timer = setTimeout(() => resolve(NaN), 5_000);
        process.kill(pid, 'SIGUSR2');
      });
      clearTimeout(timer);
      waiting.delete(name);
      return bytes;
    },
  };
}
