// What can be made to go wrong on purpose: deliveries repeated, late, lost, out of order; answers lost.
import { z } from 'zod';

const probability = z.number().min(0).max(1);

export const chaosSchema = z.strictObject({
  /** How often each event is sent to each endpoint. */
  repeat: z.int().min(1).max(100).default(1),
  /** Each sending waits this long, in milliseconds. */
  delayMs: z.int().min(0).default(0),
  /** Each sending waits a random time up to this on top, in milliseconds, so that their order is lost. */
  shuffleMs: z.int().min(0).default(0),
  /** The share of deliveries that never happen and are never tried again. */
  dropRate: probability.default(0),
  /** The share of answers that are lost after the request took effect: the connection is cut instead. */
  loseAnswerRate: probability.default(0),
  /** The seed of the choices above, so that a run can be had again. */
  seed: z.int().default(1),
});

export type Chaos = z.output<typeof chaosSchema>;

/** A repeatable source of numbers in [0, 1): the generator known as mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
