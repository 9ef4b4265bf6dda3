/** What the ends of a reservation do to the stock. */
import type { NewId } from '../../shared/ids.js';
import type { StockMove } from '../stock/rules.js';
import type { AllocatedLine } from '../allocation/rules.js';

export interface LineOfOrder extends AllocatedLine {
  orderId: string;
}

type Kind =
  'held' | 'found' | 'released' | 'sold' | 'soldLate' | 'returned' | 'sentBack' | 'filled' | 'filledSold';

const effects: Record<
  Kind,
  { onHand: -1 | 0 | 1; reserved: -1 | 0 | 1; type?: 'SALE' | 'RETURN' | 'ADJUSTMENT'; reason: string }
> = {
  held: { onHand: 0, reserved: 1, reason: '' },
  released: { onHand: 0, reserved: -1, reason: '' },
  sold: { onHand: -1, reserved: -1, type: 'SALE', reason: 'Order paid' },
  found: { onHand: 1, reserved: 0, type: 'ADJUSTMENT', reason: 'Shipped, so it was there' },
  soldLate: { onHand: -1, reserved: 0, type: 'SALE', reason: 'Order paid after its reservation' },
  returned: { onHand: 1, reserved: 0, type: 'RETURN', reason: 'Order cancelled' },
  filled: { onHand: 0, reserved: 1, reason: '' },
  filledSold: { onHand: -1, reserved: 0, type: 'SALE', reason: 'Stock came for a paid order' },
  sentBack: { onHand: 1, reserved: 0, type: 'RETURN', reason: 'Sent back by the customer' },
};

const movesOf = (kind: Kind, newId: NewId, lines: readonly LineOfOrder[]): StockMove[] =>
  lines
    .filter((line) => line.quantity > 0)
    .map(({ orderId, variantId, warehouseId, quantity }) => {
      const { onHand, reserved, type, reason } = effects[kind];
      const move = { variantId, warehouseId, onHand: onHand * quantity, reserved: reserved * quantity };
      if (!type) return move;
      return { ...move, entry: { id: newId(), type, reason, reference: orderId, note: null, actorId: null } };
    });

/** What was free is held. */
export const held = (lines: readonly LineOfOrder[]): StockMove[] => movesOf('held', () => '', lines);

/** What was held can be sold again. */
export const released = (lines: readonly LineOfOrder[]): StockMove[] => movesOf('released', () => '', lines);

/** What was held is sold. */
export const sold = (newId: NewId, lines: readonly LineOfOrder[]): StockMove[] =>
  movesOf('sold', newId, lines);

/** What was free is sold without having been held. */
export const soldLate = (newId: NewId, lines: readonly LineOfOrder[]): StockMove[] =>
  movesOf('soldLate', newId, lines);

/** What left although it was counted out: it is found, and sold. */
export const foundAndSold = (newId: NewId, lines: readonly LineOfOrder[]): StockMove[] => [
  ...movesOf('found', newId, lines),
  ...movesOf('soldLate', newId, lines),
];

/** What was sold is there again. */
export const returned = (newId: NewId, lines: readonly LineOfOrder[]): StockMove[] =>
  movesOf('returned', newId, lines);

/** What the customer sent back is there again. */
export const sentBack = (newId: NewId, lines: readonly LineOfOrder[]): StockMove[] =>
  movesOf('sentBack', newId, lines);

/** What came for orders that waited: held for those that are not paid, sold to those that are. */
export const filled = (newId: NewId, lines: readonly (LineOfOrder & { paid: boolean })[]): StockMove[] => [
  ...movesOf(
    'filled',
    newId,
    lines.filter((line) => !line.paid),
  ),
  ...movesOf(
    'filledSold',
    newId,
    lines.filter((line) => line.paid),
  ),
];
