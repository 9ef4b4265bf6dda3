/** Finds what a cancellation of the file cancels: the file does not say it. */
import type { Invoice } from './invoices.js';

/** Pieces of a cancellation line that belong to an earlier invoice. */
export interface Match {
  /** Key of the invoice that sold them. */
  soldBy: string;
  sku: string;
  quantity: number;
}

export interface MatchedLine {
  line: number;
  sku: string;
  /** Pieces that the line takes back. */
  quantity: number;
  matches: Match[];
  /** Pieces for which no earlier purchase was found. */
  unmatched: number;
}

interface Purchase {
  soldBy: string;
  remaining: number;
}

/** Takes pieces from the newest purchases backwards. */
function take(purchases: Purchase[], sku: string, wanted: number): { matches: Match[]; unmatched: number } {
  const matches: Match[] = [];
  let unmatched = wanted;
  while (unmatched > 0) {
    const newest = purchases.at(-1);
    if (!newest) break;
    const quantity = Math.min(newest.remaining, unmatched);
    matches.push({ soldBy: newest.soldBy, sku, quantity });
    newest.remaining -= quantity;
    unmatched -= quantity;
    if (newest.remaining === 0) purchases.pop();
  }
  return { matches, unmatched };
}

/**
 * Matches every cancellation line to earlier purchases of the same customer and article, the newest first, never more
 * pieces than were bought and not cancelled yet. A guest is known by nothing: their cancellations match none.
 * @param invoices in time order
 * @returns the lines of each cancellation by its invoice's key
 */
export function matchCancellations(invoices: readonly Invoice[]): Map<string, MatchedLine[]> {
  const purchases = new Map<string, Purchase[]>();
  const matched = new Map<string, MatchedLine[]>();
  for (const invoice of invoices) {
    const { key, customerId } = invoice;
    const placeOf = (sku: string): string => `${customerId}\u0000${sku}`;
    if (invoice.kind === 'sale') {
      if (!customerId) continue;
      for (const { sku, quantity } of invoice.articles) {
        const place = placeOf(sku);
        const before = purchases.get(place) ?? [];
        purchases.set(place, [...before, { soldBy: key, remaining: quantity }]);
      }
      continue;
    }
    matched.set(
      key,
      invoice.articles.map(({ sku, quantity, line }) => ({
        line,
        sku,
        quantity,
        ...take(purchases.get(placeOf(sku)) ?? [], sku, quantity),
      })),
    );
  }
  return matched;
}
