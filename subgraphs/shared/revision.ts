/** A change that names the version it was decided on. */
import { isDeepStrictEqual } from 'node:util';

/** As it is stored: without the prototypes and the order of fields that input and database differ in. */
const stored = (facts: object): unknown => JSON.parse(JSON.stringify(facts));

/**
 * Whether a change was made before and its answer lost: the thing is one version further, and the change would leave it
 * as it is. Then the first answer is given again, without another version or event.
 */
export const isRepeat = (version: number, expected: number, present: object, changed: object): boolean =>
  version === expected + 1 && isDeepStrictEqual(stored(present), stored(changed));
