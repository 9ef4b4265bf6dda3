/** What has started and must end, however the program ends. */

export interface Stops {
  /** Remembers how to end something; the result ends it now. Either way it is ended once. */
  add(stop: () => Promise<unknown>): () => Promise<void>;
  /** Ends what is left, the newest first. */
  all(): Promise<void>;
}

export function createStops(): Stops {
  const left: (() => Promise<void>)[] = [];
  return {
    add: (stop) => {
      let stopped: Promise<void> | undefined;
      const once = (): Promise<void> => (stopped ??= stop().then(() => undefined));
      left.push(once);
      return once;
    },
    all: async () => {
      for (const stop of left.splice(0).reverse())
        await stop().catch((error: unknown) => console.error(`While ending: ${String(error)}`));
    },
  };
}
