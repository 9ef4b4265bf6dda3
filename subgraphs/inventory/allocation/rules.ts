/** An allocation: from which warehouses an order's lines are taken, and what of them waits for stock. */
import type { LevelKey } from '../stock/rules.js';
import { countryPoints } from './countries.js';

/**
 * `FEWEST_PARCELS`: from the warehouse that has most of what is still to be taken, as often as it needs. `MOST_STOCK`: each
 * article from where most of it is. `NEAREST`: each article from the warehouse nearest to the destination that has some.
 */
export const strategies = ['FEWEST_PARCELS', 'MOST_STOCK', 'NEAREST'] as const;
export type Strategy = (typeof strategies)[number];

export interface OrderLine {
  variantId: string;
  quantity: number;
}

/** A line, or a part of one, in the warehouse that it is taken from. */
export interface AllocatedLine extends LevelKey {
  quantity: number;
}

export interface Shortage {
  variantId: string;
  requested: number;
  available: number;
}

/** Pieces that can be taken from a warehouse. */
export interface FreeLevel extends LevelKey {
  available: number;
}

export interface Place {
  country: string;
  postalCode: string | null;
}

/** Capital letters and digits alone, so that `sw1a 2aa` and `SW1A-2AA` begin alike. */
export const normalPostalCode = (text: string): string => text.replace(/[^A-Za-z0-9]/g, '').toUpperCase();

/** Below what any two places of a globe with a radius of 1000 multiply to. */
const farOff = 1_100_000;

/**
 * How near two places are, without a geocoder: 1 in one country, and 1 more for each character that the postal codes have in
 * common at their beginning, since these are given out by region. Below 0 in different countries, the more so the longer the
 * great circle between points near their middles; least where one is not known. The database function `nearness` is the same.
 */
export function nearness(a: Place, b: Place): number {
  if (a.country !== b.country) return abroad(a.country, b.country);
  const [one, other] = [normalPostalCode(a.postalCode ?? ''), normalPostalCode(b.postalCode ?? '')];
  let common = 0;
  while (common < one.length && one[common] === other[common]) common += 1;
  return 1 + common;
}

function abroad(a: string, b: string): number {
  const [one, other] = [countryPoints.get(a), countryPoints.get(b)];
  if (!one || !other) return -2 * farOff;
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2] - farOff;
}

export interface AllocationRules {
  strategy: Strategy;
  /** Pieces of a variant that may be ordered beyond its stock; absent: none. */
  rooms?: ReadonlyMap<string, number>;
  /** How near a warehouse is to the destination, for `NEAREST`; absent: all alike. */
  nearnessOf?: (warehouseId: string) => number;
}

export type Allocation = { allocated: AllocatedLine[]; backordered: OrderLine[] } | { shortages: Shortage[] };

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Where an order's lines (of `sumLines`) are taken from, all or nothing; what the stock is short of waits, where its variant
 * has room for that. The database function `reserve_batch` has the same rules.
 */
export function allocate(
  levels: readonly FreeLevel[],
  lines: readonly OrderLine[],
  rules: AllocationRules,
): Allocation {
  const { strategy, rooms = new Map<string, number>(), nearnessOf = () => 0 } = rules;
  const shortages: Shortage[] = [];
  const backordered: OrderLine[] = [];
  const wanted: OrderLine[] = [];
  for (const { variantId, quantity } of lines) {
    const total = levels
      .filter((level) => level.variantId === variantId)
      .reduce((sum, level) => sum + level.available, 0);
    const room = rooms.get(variantId) ?? 0;
    const missing = quantity - total;
    if (missing > room) shortages.push({ variantId, requested: quantity, available: total + room });
    else if (missing > 0) backordered.push({ variantId, quantity: missing });
    wanted.push({ variantId, quantity: Math.min(quantity, total) });
  }
  if (shortages.length > 0) return { shortages };
  const near = strategy === 'NEAREST' ? nearnessOf : () => 0;
  const allocated =
    strategy === 'FEWEST_PARCELS' && wanted.length > 1
      ? inFewestParcels(levels, wanted)
      : wanted.flatMap((line) => lineByLine(levels, line, near));
  return { allocated, backordered };
}

function lineByLine(
  levels: readonly FreeLevel[],
  { variantId, quantity }: OrderLine,
  nearnessOf: (warehouseId: string) => number,
): AllocatedLine[] {
  let remaining = quantity;
  return levels
    .filter((level) => level.variantId === variantId && level.available > 0)
    .sort(
      (a, b) =>
        nearnessOf(b.warehouseId) - nearnessOf(a.warehouseId) ||
        b.available - a.available ||
        byText(a.warehouseId, b.warehouseId),
    )
    .flatMap(({ warehouseId, available }) => {
      const taken = Math.min(available, remaining);
      remaining -= taken;
      return taken > 0 ? [{ variantId, warehouseId, quantity: taken }] : [];
    });
}

function inFewestParcels(levels: readonly FreeLevel[], lines: readonly OrderLine[]): AllocatedLine[] {
  let free = [...levels];
  let left = [...lines];
  const allocated: AllocatedLine[] = [];
  const warehouses = [...new Set(levels.map((level) => level.warehouseId))].sort(byText);
  const freeAt = (variantId: string, warehouseId: string): number =>
    free.find((level) => level.variantId === variantId && level.warehouseId === warehouseId)?.available ?? 0;
  while (left.some((line) => line.quantity > 0)) {
    const offers = warehouses.map((warehouseId) => {
      const taken = left.flatMap(({ variantId, quantity }) => {
        const pieces = Math.min(quantity, freeAt(variantId, warehouseId));
        return pieces > 0 ? [{ variantId, warehouseId, quantity: pieces }] : [];
      });
      return {
        taken,
        covers: taken.reduce((sum, one) => sum + one.quantity, 0),
        ofFirst: freeAt(lines[0]?.variantId ?? '', warehouseId),
      };
    });
    const best = offers.reduce((a, b) =>
      b.covers > a.covers || (b.covers === a.covers && b.ofFirst > a.ofFirst) ? b : a,
    );
    allocated.push(...best.taken);
    free = afterTaking(free, best.taken);
    left = left.map((line) => ({
      ...line,
      quantity: line.quantity - (best.taken.find((one) => one.variantId === line.variantId)?.quantity ?? 0),
    }));
  }
  return allocated;
}

/** What is left to take after `allocated` was taken. */
export const afterTaking = (levels: readonly FreeLevel[], allocated: readonly AllocatedLine[]): FreeLevel[] =>
  levels.map((level) => {
    const taken = allocated
      .filter((one) => one.variantId === level.variantId && one.warehouseId === level.warehouseId)
      .reduce((sum, one) => sum + one.quantity, 0);
    return { ...level, available: level.available - taken };
  });
