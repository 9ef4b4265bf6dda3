/** What all movements of stock have in common: orders that wait get what becomes free, and what changed is told. */
import type { NewEvent } from '../../shared/events/outbox.js';
import { fillBackorders } from '../backorder/service.js';
import type { Context } from '../context.js';
import { signalLevels } from './live.js';
import { inTurn, stockEvents, type LevelChange, type StockMove } from './rules.js';
import { variantChanges } from './service.js';
import { lockLevels, writeMoves } from './store.js';

/**
 * Moves stock inside the caller's transaction, fills backorders with what comes free, and gives the events to emit with it. All
 * moves of a transaction go in one call, or its levels are not locked in the common order. Of `alsoChanged` something else
 * has changed that decides whether they can be bought.
 */
export async function moveStock(
  ctx: Context,
  moves: readonly StockMove[],
  alsoChanged: readonly string[] = [],
): Promise<NewEvent[]> {
  if (moves.length === 0) return alsoChanged.length === 0 ? [] : variantChanges(ctx, alsoChanged);
  const { levels, wait } = await writeMoves(ctx.db, moves, ctx.clock());
  signalLevels(
    ctx,
    moves.map((move) => move.variantId),
  );
  const touched = new Set(levels.map((level) => level.variantId));
  const others = alsoChanged.filter((variantId) => !touched.has(variantId));
  return [
    ...(await fillAndTell(ctx, levels, wait, new Set(alsoChanged.filter((id) => touched.has(id))))),
    ...(others.length === 0 ? [] : await variantChanges(ctx, others)),
  ];
}

async function fillAndTell(
  ctx: Context,
  levels: readonly LevelChange[],
  wait: boolean,
  alsoChanged: ReadonlySet<string>,
): Promise<NewEvent[]> {
  const filling = wait ? await fillBackorders(ctx, levels) : { moves: [], events: [] };
  if (filling.moves.length === 0) return stockEvents(levels, alsoChanged);
  const then = await writeMoves(ctx.db, filling.moves, ctx.clock());
  // Less waits now: there may be room again for more.
  const filled = new Set(filling.moves.map((move) => move.variantId));
  return [
    ...stockEvents(inTurn(levels, then.levels), new Set([...alsoChanged, ...filled])),
    ...filling.events,
  ];
}

/** The variants' stock is for sale from this warehouse now, or not any more, as is saved; gives the events to emit with that. */
export async function switchWarehouse(
  ctx: Context,
  warehouseId: string,
  variantIds: readonly string[],
  active: boolean,
): Promise<NewEvent[]> {
  const levels = await lockLevels(ctx.db, variantIds);
  const changes = levels.map((level): LevelChange => {
    const { variantId, lowStockThreshold, reorderPoint, reorderQuantity } = level;
    const rules = { lowStockThreshold, reorderPoint, reorderQuantity };
    const state = { available: level.onHand - level.reserved, ...rules, active: level.active };
    const before = level.warehouseId === warehouseId ? { ...state, active: !active } : state;
    return { variantId, warehouseId: level.warehouseId, before, after: state };
  });
  return fillAndTell(ctx, changes, active, new Set());
}
