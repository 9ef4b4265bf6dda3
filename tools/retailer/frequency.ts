/** What is said most often: the file has no master data, so that its lines vote. */

export type Counts<T> = Map<T, number>;

export const count = <T>(counts: Counts<T>, value: T): void => {
  counts.set(value, (counts.get(value) ?? 0) + 1);
};

/** The most frequent value; `prefer` decides between equally frequent ones. Undefined where there is none. */
export function mostFrequent<T>(counts: Counts<T>, prefer: (a: T, b: T) => T): T | undefined {
  let best: [T, number] | undefined;
  for (const [value, times] of counts) {
    if (!best || times > best[1] || (times === best[1] && prefer(value, best[0]) === value)) {
      best = [value, times];
    }
  }
  return best?.[0];
}
