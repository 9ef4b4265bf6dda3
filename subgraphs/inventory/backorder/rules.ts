/** A backorder: pieces of an order that wait for stock, where their variant may be ordered beyond it. */
import type { AllocatedLine, FreeLevel, OrderLine } from '../allocation/rules.js';

/** `DENY`: not at all; `BACKORDER`: when it is sold out; `PREORDER`: before it comes out. */
export type Policy = 'DENY' | 'BACKORDER' | 'PREORDER';

export interface BackorderPolicy {
  variantId: string;
  policy: Policy;
  /** Pieces that may wait at most; null: any number. */
  maxWaiting: number | null;
  expectedAt: Date | null;
  /** Pieces that wait now. */
  waiting: number;
}

/** Where there is no limit. */
export const anyNumber = 1_000_000_000;

/** Pieces that may still be ordered beyond the stock. */
export const roomOf = ({
  policy,
  maxWaiting,
  waiting,
}: Pick<BackorderPolicy, 'policy' | 'maxWaiting' | 'waiting'>): number =>
  policy === 'DENY' ? 0 : Math.max((maxWaiting ?? anyNumber) - waiting, 0);

export interface Backorder {
  orderId: string;
  variantId: string;
  /** Pieces that wait. */
  quantity: number;
  /** Whether its order is paid: what comes for it is sold at once. */
  paid: boolean;
  createdAt: Date;
}

/** What a backorder gets of the stock that has come. */
export interface Filling extends AllocatedLine {
  orderId: string;
  paid: boolean;
}

/** What came for an order of a variant, and what of it is counted then: all its pieces, and those of them that wait. */
export interface Filled extends OrderLine {
  orderId: string;
  pieces: number;
  waiting: number;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Gives the free pieces to those who wait, who come the oldest first; each gets them from where most are. */
export function fillOldest(levels: readonly FreeLevel[], waiting: readonly Backorder[]): Filling[] {
  const free = levels.map((level) => ({ ...level }));
  return waiting.flatMap(({ orderId, variantId, quantity, paid }) => {
    let remaining = quantity;
    return free
      .filter((level) => level.variantId === variantId && level.available > 0)
      .sort((a, b) => b.available - a.available || byText(a.warehouseId, b.warehouseId))
      .flatMap((level) => {
        const taken = Math.min(level.available, remaining);
        level.available -= taken;
        remaining -= taken;
        return taken > 0
          ? [{ orderId, variantId, warehouseId: level.warehouseId, quantity: taken, paid }]
          : [];
      });
  });
}

/** Cancelled lines, as far as they wait; and the rest of them, which is taken out of what is held or sold. */
export function takeWaiting(
  waiting: readonly OrderLine[],
  cancelled: readonly OrderLine[],
): { waiting: OrderLine[]; rest: OrderLine[] } {
  const left = new Map(waiting.map((line) => [line.variantId, line.quantity]));
  const ended: OrderLine[] = [];
  const rest: OrderLine[] = [];
  for (const { variantId, quantity } of cancelled) {
    const pieces = Math.min(left.get(variantId) ?? 0, quantity);
    left.set(variantId, (left.get(variantId) ?? 0) - pieces);
    if (pieces > 0) ended.push({ variantId, quantity: pieces });
    if (quantity > pieces) rest.push({ variantId, quantity: quantity - pieces });
  }
  return { waiting: ended, rest };
}

/** Whether what staff decided is something else than before; that nobody had said anything is as `DENY`. */
export function isNews(
  before: readonly BackorderPolicy[],
  decided: Omit<BackorderPolicy, 'waiting'>,
): boolean {
  const { policy, maxWaiting, expectedAt } = decided;
  const was = before.find(({ variantId }) => variantId === decided.variantId);
  if (!was) return policy !== 'DENY';
  return (
    was.policy !== policy ||
    was.maxWaiting !== maxWaiting ||
    was.expectedAt?.getTime() !== expectedAt?.getTime()
  );
}
