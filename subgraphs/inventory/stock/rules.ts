/** Stock: the pieces of a variant in each warehouse, how many of them can be sold, and what is worth telling about it. */
import type { NewEvent } from '../../shared/events/outbox.js';
import type { TransactionType } from '../ledger/rules.js';

/** A variant, of which inventory knows the id alone. */
export interface StockedVariant {
  id: string;
}

/** Levels of a variant that somebody watches: in one warehouse, or in all. */
export interface WatchedLevels {
  variantId: string;
  warehouseId: string | null;
}

export interface LevelKey {
  variantId: string;
  warehouseId: string;
}

export interface StockLevel extends LevelKey {
  onHand: number;
  reserved: number;
  lowStockThreshold: number;
  reorderPoint: number;
  reorderQuantity: number;
}

/** What can be sold of a variant over all active warehouses. */
export interface Stock {
  available: number;
  /** Sum of its warehouses' thresholds: as many or fewer are few. */
  lowStockThreshold: number;
  /** What can be ordered beyond the stock; absent: nothing. */
  beyond?: Beyond | undefined;
}

/** What can be ordered of a variant that is not in stock. */
export interface Beyond {
  policy: 'BACKORDER' | 'PREORDER';
  /** Pieces, above 0. */
  room: number;
  expectedAt: Date | null;
}

export const nothing: Stock = { available: 0, lowStockThreshold: 0 };

export type AvailabilityStatus = 'IN_STOCK' | 'LOW' | 'OUT' | 'BACKORDER' | 'PREORDER';

export function statusOf({ available, lowStockThreshold, beyond }: Stock): AvailabilityStatus {
  if (available <= 0) return beyond?.policy ?? 'OUT';
  return available <= lowStockThreshold ? 'LOW' : 'IN_STOCK';
}

/** When stock is expected, for who has to wait for it. */
export const expectedAt = (stock: Stock): Date | null =>
  stock.available > 0 ? null : (stock.beyond?.expectedAt ?? null);

/** How much of the numbers shoppers see: all, those of few pieces, or none. */
export type VisibleNumbers = 'always' | 'low' | 'never';

/** Exact numbers are the shop's own affair, or so until few are left. */
export const visibleQuantity = (stock: Stock, staff: boolean, numbers: VisibleNumbers): number | null =>
  staff || numbers === 'always' || (numbers === 'low' && statusOf(stock) !== 'IN_STOCK')
    ? stock.available
    : null;

/** A change of one level, and its entry in the ledger where pieces come or go. */
export interface StockMove extends LevelKey {
  /** Added to the pieces that lie there. */
  onHand: number;
  /** Added to those of them that are reserved. */
  reserved: number;
  entry?: {
    id: string;
    type: TransactionType;
    reason: string;
    reference: string | null;
    note: string | null;
    actorId: string | null;
  };
}

export interface LevelState {
  available: number;
  lowStockThreshold: number;
  reorderPoint: number;
  reorderQuantity: number;
  /** Of the warehouse: stock elsewhere is not for sale. */
  active: boolean;
}

export interface LevelChange extends LevelKey {
  before: LevelState;
  after: LevelState;
}

/** A level of which only what can be sold may have changed, as the database tells it. */
export interface MovedLevel extends LevelKey {
  active: boolean;
  threshold: number;
  reorderPoint: number;
  reorderQuantity: number;
  /** Available then. */
  before: number;
  /** Available now. */
  after: number;
}

export function levelChange(level: MovedLevel): LevelChange {
  const { variantId, warehouseId, active, threshold, reorderPoint, reorderQuantity } = level;
  const rules = { lowStockThreshold: threshold, reorderPoint, reorderQuantity, active };
  const state = (available: number): LevelState => ({ available, ...rules });
  return { variantId, warehouseId, before: state(level.before), after: state(level.after) };
}

/** Two changes of the same levels, the one after the other, as one. */
export function inTurn(first: readonly LevelChange[], second: readonly LevelChange[]): LevelChange[] {
  const keyOf = ({ variantId, warehouseId }: LevelKey): string => `${variantId}/${warehouseId}`;
  const later = new Map(second.map((change) => [keyOf(change), change.after]));
  return first.map((change) => ({ ...change, after: later.get(keyOf(change)) ?? change.after }));
}

const isLow = ({ active, available, lowStockThreshold }: LevelState): boolean =>
  active && lowStockThreshold > 0 && available <= lowStockThreshold;

const isToReorder = ({ active, available, reorderPoint }: LevelState): boolean =>
  active && reorderPoint > 0 && available <= reorderPoint;

function stockOf(states: readonly LevelState[]): Stock {
  const active = states.filter((state) => state.active);
  return {
    available: active.reduce((sum, state) => sum + state.available, 0),
    lowStockThreshold: active.reduce((sum, state) => sum + state.lowStockThreshold, 0),
  };
}

/**
 * What to tell after a change; `changes` holds all levels of each variant that it touches, also those that stayed. One
 * InventoryUpdated per variant whose availability changed, however many orders did it together (of `alsoChanged` in any
 * case: what can be ordered beyond the stock is not in the levels); LowStock, ReorderPointReached and OutOfStock when the
 * line is crossed downwards, not again while it stays below.
 */
export function stockEvents(changes: readonly LevelChange[], alsoChanged: Iterable<string> = []): NewEvent[] {
  const byVariant = new Map<string, LevelChange[]>([...alsoChanged].map((variantId) => [variantId, []]));
  const also = new Set(byVariant.keys());
  for (const change of changes) {
    const levels = byVariant.get(change.variantId);
    if (levels) levels.push(change);
    else byVariant.set(change.variantId, [change]);
  }
  return [...byVariant].flatMap(([variantId, levels]) =>
    eventsOfVariant(variantId, levels, also.has(variantId)),
  );
}

function eventsOfVariant(variantId: string, levels: readonly LevelChange[], also: boolean): NewEvent[] {
  const before = stockOf(levels.map((level) => level.before));
  const after = stockOf(levels.map((level) => level.after));
  const { available } = after;
  const events: NewEvent[] = [];
  if (also || available !== before.available || statusOf(after) !== statusOf(before)) {
    const payload = { variantId, available, previousAvailable: before.available };
    events.push({ type: 'InventoryUpdated', aggregateId: variantId, payload });
  }
  for (const level of levels) {
    if (isLow(level.before) || !isLow(level.after)) continue;
    const payload = { variantId, warehouseId: level.warehouseId, available: level.after.available };
    events.push({ type: 'LowStock', aggregateId: variantId, payload });
  }
  for (const { warehouseId, before: was, after: is } of levels) {
    if (isToReorder(was) || !isToReorder(is)) continue;
    const payload = { variantId, warehouseId, available: is.available, reorderQuantity: is.reorderQuantity };
    events.push({ type: 'ReorderPointReached', aggregateId: variantId, payload });
  }
  if (before.available > 0 && available <= 0)
    events.push({ type: 'OutOfStock', aggregateId: variantId, payload: { variantId } });
  return events;
}
