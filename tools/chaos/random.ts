/** Choices that a seed decides: the same seed and name give the same choices, whatever others choose meanwhile. */
import { createHash } from 'node:crypto';
import { seededRandom } from '../../local/stripe/chaos.js';

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** From `min` to `max`, both included. */
  whole(min: number, max: number): number;
  /** One of them. */
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

export function randomOf(seed: number, name: string): Random {
  const start = createHash('sha256').update(`${seed} ${name}`).digest().readInt32BE(0);
  const next = seededRandom(start);
  const whole = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    whole,
    pick: (items) => {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new Error('There is nothing to pick from.');
      return item;
    },
    shuffle: (items) => {
      const left = [...items];
      return items.map(() => left.splice(whole(0, left.length - 1), 1)[0] as (typeof items)[number]);
    },
  };
}

/** Takes one by its weight. */
export function weighted<T extends string>(random: Random, weights: Readonly<Record<T, number>>): T {
  const entries = Object.entries(weights) as [T, number][];
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
  return (entries.at(-1) as [T, number])[0];
}
