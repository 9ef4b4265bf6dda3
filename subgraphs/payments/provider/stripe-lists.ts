/** Stripe's lists. */
import type { Stretch } from './provider.js';

/** Stripe counts seconds: the last one begun is read as well. */
export const madeIn = ({ from, until }: Stretch) => ({
  created: { gte: Math.floor(from.getTime() / 1_000), lt: Math.ceil(until.getTime() / 1_000) },
  limit: 100,
});

/** All that a list has, page after page. */
export async function allOf<T, Read>(list: AsyncIterable<T>, read: (one: T) => Read): Promise<Read[]> {
  const all: Read[] = [];
  for await (const one of list) all.push(read(one));
  return all;
}
