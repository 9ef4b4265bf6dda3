/** A reservation: pieces held for an order until it is paid, cancelled or out of time. */
import type { AllocatedLine, OrderLine, Shortage } from '../allocation/rules.js';
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

export interface ReservationRequest {
  orderId: string;
  customerId: string;
  holdUntil: Date;
  /** One per variant, sorted: see `sumLines`. */
  lines: OrderLine[];
  destination: Destination | null;
  correlationId: string;
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
  | { status: 'ENDED' }
  /** Nothing is decided: its customer has as many open reservations as may be. */
  | { status: 'CAPPED' };

/** What the database has stored of a decision. */
export interface StoredDecision {
  orderId: string;
  status: ReservationStatus;
  /** Whether it was made in this batch. */
  fresh: boolean;
  /** Whether it was made for the same lines. */
  same: boolean;
  shortages: Shortage[];
  backordered: BackorderedLine[];
}

/** The stored decision as an answer to a request. */
export function decisionOf({ status, same, shortages, backordered }: StoredDecision): Decision {
  if (status === 'RELEASED' || status === 'EXPIRED') return { status: 'ENDED' };
  if (!same) return { status: 'OTHERWISE' };
  return status === 'REFUSED' ? { status: 'INSUFFICIENT', shortages } : { status: 'RESERVED', backordered };
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

/** Pieces of a level that are reserved and will not be there. */
export interface Deficit extends LevelKey {
  pieces: number;
}

/** An unpaid reservation, and what it holds of the levels in question. */
export interface Breakable {
  orderId: string;
  lines: AllocatedLine[];
}

/** Which reservations, given the newest first, have to end for the deficits: none that holds nothing of what is still short. */
export function newestFirst(reservations: readonly Breakable[], deficits: readonly Deficit[]): string[] {
  const keyOf = ({ variantId, warehouseId }: LevelKey): string => `${variantId}/${warehouseId}`;
  const short = new Map(deficits.map((one) => [keyOf(one), one.pieces]));
  return reservations.flatMap(({ orderId, lines }) => {
    const helps = lines.some((line) => line.quantity > 0 && (short.get(keyOf(line)) ?? 0) > 0);
    if (!helps) return [];
    for (const line of lines) short.set(keyOf(line), (short.get(keyOf(line)) ?? 0) - line.quantity);
    return [orderId];
  });
}

/** An open reservation whose time is over. */
export interface DueReservation {
  orderId: string;
  createdAt: Date;
}

/** Until when orders wants it held (null: it need not be), or that it could not say. */
export type HoldAnswer = Date | null | 'UNKNOWN';

/** After so long orders is asked again where it could not say. */
export const askAgainMs = 60_000;

/**
 * Until when a reservation that is due is kept; null: it is let go. Never longer than `maxHoldMs` after it was made: a payment
 * that succeeds after that gets stock again, or is refunded.
 */
export function keepUntil(
  { createdAt }: DueReservation,
  answer: HoldAnswer,
  now: Date,
  maxHoldMs: number,
): Date | null {
  const latest = createdAt.getTime() + maxHoldMs;
  const wanted = answer === 'UNKNOWN' ? now.getTime() + askAgainMs : (answer?.getTime() ?? 0);
  const until = Math.min(wanted, latest);
  return until > now.getTime() ? new Date(until) : null;
}
