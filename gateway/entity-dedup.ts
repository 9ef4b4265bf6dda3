/**
 * The planner's fetches ask for an entity once for every place it is needed at. Asking for each different one once is the
 * biggest single saving on deep queries (one fetch in ten representations is typical).
 */
import type { GraphQLFormattedError } from 'graphql';

export interface Deduplicated {
  unique: unknown[];
  /** For each original representation the index of its twin in `unique`. */
  indexOf: number[];
}

/** Equal representations have equal JSON: the planner builds all of one fetch from the same selection, in its order. */
export function deduplicate(representations: readonly unknown[]): Deduplicated {
  const seen = new Map<string, number>();
  const unique: unknown[] = [];
  const indexOf = representations.map((representation) => {
    const key = JSON.stringify(representation);
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, unique.length);
    return unique.push(representation) - 1;
  });
  return { unique, indexOf };
}

/**
 * Puts each unique entity back at all its places. The places share one object: the planner's executor merges the same
 * values into it from each, so that sharing changes nothing, and copying would cost what was saved.
 */
export const spreadEntities = (entities: readonly unknown[], { indexOf }: Deduplicated): unknown[] =>
  indexOf.map((index) => entities[index] ?? null);

/** An error at `_entities[i]` becomes one at each place of that entity; every other error stays as it is. */
export function spreadErrors<E extends GraphQLFormattedError>(
  errors: readonly E[],
  { indexOf }: Deduplicated,
): E[] {
  return errors.flatMap((error) => {
    const [root, index, ...rest] = error.path ?? [];
    if (root !== '_entities' || typeof index !== 'number') return [error];
    return indexOf.flatMap((unique, place) =>
      unique === index ? [{ ...error, path: ['_entities', place, ...rest] }] : [],
    );
  });
}
