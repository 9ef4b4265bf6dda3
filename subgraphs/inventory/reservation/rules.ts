/** A reservation: pieces held for an order until it is paid, cancelled or out of time. */
import type { LevelKey } from '../stock/rules.js';

export type ReservationStatus = 'OPEN' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED';

/** What ends or changes a reservation: from which states it may, and where it leads. Anything else leaves it as it is. */
export const transitions = {
  /** The order was paid: what is held is sold. */
  commit: { from: ['OPEN'], to: 'COMMITTED' },
  /** The order was paid after its stock had gone back: it is taken again, where there is some. */
  commitLate: { from: ['EXPIRED', 'RELEASED', 'REFUSED'], to: 'COMMITTED' },
  expire: { from: ['OPEN'], to: 'EXPIRED' },
  /** The order was not placed after all. */
  release: { from: ['OPEN'], to: 'RELEASED' },
  /** The order was cancelled: what is held is released, what was sold comes back. */
  cancel: { from: ['OPEN', 'COMMITTED'], to: 'RELEASED' },
} as const satisfies Record<string, { from: readonly ReservationStatus[]; to: ReservationStatus }>;

export type Transition = keyof typeof transitions;

export interface OrderLine {
  variantId: string;
  quantity: number;
}

/** A line, or a part of one, in the warehouse that it is held in. */
export interface AllocatedLine extends LevelKey {
  quantity: number;
}

export interface ReservationRequest {
  orderId: string;
  customerId: string;
  holdUntil: Date;
  /** One per variant, sorted: see `sumLines`. */
  lines: OrderLine[];
  destination: Destination | null;
  correlationId: string;
}

export interface Shortage {
  variantId: string;
  requested: number;
  available: number;
}

/** Where an order goes, as far as it decides from where. */
export interface Destination {
  country: string;
  postalCode: string | null;
}

/** Pieces of an order that wait for stock. */
export interface BackorderedLine extends OrderLine {
  expectedAt: Date | null;
}

/** What a request for stock led to, then or now. */
export type Decision =
  | { status: 'RESERVED'; backordered: BackorderedLine[] }
  | { status: 'INSUFFICIENT'; shortages: Shortage[] }
  /** The order asked for other lines before. */
  | { status: 'OTHERWISE' }
  /** Its reservation is over. */
  | { status: 'ENDED' };

/** The stored decision as an answer to a request; `same`: for the lines that were asked for then. */
export function decisionOf(status: ReservationStatus, same: boolean, shortages: Shortage[]): Decision {
  if (status === 'RELEASED' || status === 'EXPIRED') return { status: 'ENDED' };
  if (!same) return { status: 'OTHERWISE' };
  return status === 'REFUSED'
    ? { status: 'INSUFFICIENT', shortages }
    : { status: 'RESERVED', backordered: [] };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One line per variant, sorted by it: two lines of one variant must not each be compared with the same pieces. */
export function sumLines(lines: readonly OrderLine[]): OrderLine[] {
  const sums = new Map<string, number>();
  for (const { variantId, quantity } of lines) sums.set(variantId, (sums.get(variantId) ?? 0) + quantity);
  return [...sums]
    .map(([variantId, quantity]) => ({ variantId, quantity }))
    .sort((a, b) => byText(a.variantId, b.variantId));
}

/** Pieces that can be taken from a warehouse. */
export interface FreeLevel extends LevelKey {
  available: number;
}

export type Allocation = { allocated: AllocatedLine[] } | { shortages: Shortage[] };

const mostFirst = (a: FreeLevel, b: FreeLevel): number =>
  b.available - a.available || byText(a.warehouseId, b.warehouseId);

/**
 * Where an order's lines (of `sumLines`) are taken from, all or nothing: one warehouse that has everything, so that it is
 * one parcel; of several the one with most of the first line's variant; where there is none, each line from where most
 * of it is. The database function `reserve_batch` has the same rules.
 */
export function allocate(levels: readonly FreeLevel[], lines: readonly OrderLine[]): Allocation {
  const free = (variantId: string): FreeLevel[] =>
    levels.filter((level) => level.variantId === variantId && level.available > 0).sort(mostFirst);
  const shortages = lines.flatMap(({ variantId, quantity }) => {
    const available = free(variantId).reduce((sum, level) => sum + level.available, 0);
    return available < quantity ? [{ variantId, requested: quantity, available }] : [];
  });
  if (shortages.length > 0) return { shortages };

  const hasAll = (warehouseId: string): boolean =>
    lines.every(({ variantId, quantity }) =>
      free(variantId).some((level) => level.warehouseId === warehouseId && level.available >= quantity),
    );
  const whole = free(lines[0]?.variantId ?? '').find((level) => hasAll(level.warehouseId))?.warehouseId;
  const allocated = lines.flatMap(({ variantId, quantity }) => {
    if (whole !== undefined) return [{ variantId, warehouseId: whole, quantity }];
    let remaining = quantity;
    return free(variantId).flatMap(({ warehouseId, available }) => {
      const taken = Math.min(available, remaining);
      remaining -= taken;
      return taken > 0 ? [{ variantId, warehouseId, quantity: taken }] : [];
    });
  });
  return { allocated };
}

/** What is left to take after `allocated` was taken. */
export const afterTaking = (levels: readonly FreeLevel[], allocated: readonly AllocatedLine[]): FreeLevel[] =>
  levels.map((level) => {
    const taken = allocated
      .filter((one) => one.variantId === level.variantId && one.warehouseId === level.warehouseId)
      .reduce((sum, one) => sum + one.quantity, 0);
    return { ...level, available: level.available - taken };
  });

/** Lines without those that were cancelled; never below nothing. */
export function remainingLines(lines: readonly OrderLine[], cancelled: readonly OrderLine[]): OrderLine[] {
  const without = new Map(sumLines(cancelled).map((line) => [line.variantId, line.quantity]));
  return sumLines(lines)
    .map(({ variantId, quantity }) => ({ variantId, quantity: quantity - (without.get(variantId) ?? 0) }))
    .filter((line) => line.quantity > 0);
}

/** Which pieces go back where when lines are cancelled: the smallest parts first, so that fewer parcels are left. */
export function takeBack(held: readonly AllocatedLine[], cancelled: readonly OrderLine[]): AllocatedLine[] {
  const smallestFirst = [...held].sort(
    (a, b) => a.quantity - b.quantity || byText(a.warehouseId, b.warehouseId),
  );
  return sumLines(cancelled).flatMap(({ variantId, quantity }) => {
    let remaining = quantity;
    return smallestFirst
      .filter((line) => line.variantId === variantId)
      .flatMap((line) => {
        const taken = Math.min(line.quantity, remaining);
        remaining -= taken;
        return taken > 0 ? [{ ...line, quantity: taken }] : [];
      });
  });
}
