/** A change of a reservation: it grows to what its order may become, and is cut to what its order is. Pure functions. */
import type { OrderLine } from '../allocation/rules.js';
import { sumLines } from './rules.js';

const quantities = (lines: readonly OrderLine[]): Map<string, number> =>
  new Map(sumLines(lines).map(({ variantId, quantity }) => [variantId, quantity]));

/** Pieces of `wanted` that `has` (held, or waited for) is short of; one line per variant, sorted. */
export function missing(has: readonly OrderLine[], wanted: readonly OrderLine[]): OrderLine[] {
  const there = quantities(has);
  return sumLines(wanted)
    .map(({ variantId, quantity }) => ({ variantId, quantity: quantity - (there.get(variantId) ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
}

/** Pieces that nobody needs: neither the order as it is, nor any of the changes that are still open. */
export function excess(
  has: readonly OrderLine[],
  order: readonly OrderLine[],
  open: readonly (readonly OrderLine[])[],
): OrderLine[] {
  const needs = [order, ...open].map(quantities);
  return sumLines(has)
    .map(({ variantId, quantity }) => {
      const needed = Math.max(...needs.map((lines) => lines.get(variantId) ?? 0));
      return { variantId, quantity: quantity - needed };
    })
    .filter(({ quantity }) => quantity > 0);
}

/** Of the pieces that wait, those that `wanted` waits for once the rest is cut: what waits is cut first. */
export function waitingFor(
  held: readonly OrderLine[],
  waiting: readonly OrderLine[],
  wanted: readonly OrderLine[],
): OrderLine[] {
  const want = quantities(wanted);
  const have = quantities(held);
  return sumLines(waiting)
    .map(({ variantId, quantity }) => {
      const needed = (want.get(variantId) ?? 0) - (have.get(variantId) ?? 0);
      return { variantId, quantity: Math.min(quantity, Math.max(0, needed)) };
    })
    .filter(({ quantity }) => quantity > 0);
}

/** Of lines that are cancelled, the pieces that no open change counts on: what it has become is told when it ends. */
export function uncounted(
  has: readonly OrderLine[],
  cancelled: readonly OrderLine[],
  open: readonly (readonly OrderLine[])[],
): OrderLine[] {
  const free = quantities(excess(has, [], open));
  return sumLines(cancelled)
    .map(({ variantId, quantity }) => ({ variantId, quantity: Math.min(quantity, free.get(variantId) ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
}
