/** Spaces beginnings evenly, for who wants a shop that is busy but not at its limit. */

/** A function to await before each beginning. `perSecond` null: as fast as it goes. */
export function createPace(
  perSecond: number | null,
  now: () => number = Date.now,
  sleep: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): () => Promise<void> {
  if (perSecond === null) return async () => {};
  const gap = 1_000 / perSecond;
  let free = now();
  return async () => {
    const turn = Math.max(free, now());
    free = turn + gap;
    const wait = turn - now();
    if (wait > 0) await sleep(wait);
  };
}
