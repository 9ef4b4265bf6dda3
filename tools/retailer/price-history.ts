/** The regular price of an article over time, as its invoice lines let it be seen. */
import { mostFrequent, type Counts } from './frequency.js';

export interface PricePoint {
  /** The month from which on it counted: `2011-03`. */
  from: string;
  /** Pence. */
  price: bigint;
}

/** A month must show a new price so often, and this many times as often as the old one, before it is believed. */
const newPriceLines = 3;
const newOverOld = 2;

/** Large quantities get a lower price: of two that are equally frequent the higher is the regular one. */
const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * The successive regular prices. One month's most frequent price may be that of a few large orders: a new price counts
 * when it is seen three times at least, and twice as often as the one before.
 * @param months lines by month and price in pence
 */
export function priceHistory(months: ReadonlyMap<string, Counts<bigint>>): PricePoint[] {
  const history: PricePoint[] = [];
  for (const [month, counts] of [...months].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const price = mostFrequent(counts, higher);
    if (price === undefined) continue;
    const last = history.at(-1);
    if (last) {
      const lines = counts.get(price) ?? 0;
      if (price === last.price || lines < newPriceLines) continue;
      if (lines < newOverOld * (counts.get(last.price) ?? 0)) continue;
    }
    history.push({ from: month, price });
  }
  return history;
}
