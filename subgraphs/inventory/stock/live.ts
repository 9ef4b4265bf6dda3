/** Live stock: availability for shoppers, levels for staff; each variant at once, and again whenever it is signalled. */
import { badInput } from '../../shared/errors.js';
import type { EventOf } from '../../shared/events/catalogue.js';
import { isId } from '../../shared/ids.js';
import { watchEach } from '../../shared/live.js';
import { afterCommit } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { StockedVariant, WatchedLevels } from './rules.js';

const maxWatched = 100;
const availabilityOf = 'availability:';
const levelsOf = 'levels:';

export interface AvailabilityChanged {
  availabilityChanged: StockedVariant;
}

export interface StockLevelChanged {
  stockLevelChanged: WatchedLevels;
}

function checkWatched(variantIds: readonly string[]): void {
  if (variantIds.length < 1 || variantIds.length > maxWatched)
    throw badInput(`variantIds are 1 to ${maxWatched}, not ${variantIds.length}.`, ['variantIds']);
}

export async function availabilityChanged(
  ctx: Context,
  variantIds: readonly string[],
): Promise<AsyncIterableIterator<AvailabilityChanged>> {
  checkWatched(variantIds);
  const topics = variantIds.map((id) => availabilityOf + id);
  return watchEach(ctx.live, topics, async (topic) => ({
    availabilityChanged: { id: topic.slice(availabilityOf.length) },
  }));
}

/** The variants' levels in one warehouse, or in all. */
export async function stockLevelChanged(
  ctx: Context,
  { variantIds, warehouseId }: { variantIds: readonly string[]; warehouseId?: string | null | undefined },
): Promise<AsyncIterableIterator<StockLevelChanged>> {
  requirePermission(ctx.viewer, 'inventory:read');
  checkWatched(variantIds);
  if (warehouseId != null && !isId(warehouseId)) throw badInput('warehouseId is not an id.', ['warehouseId']);
  const topics = variantIds.map((id) => levelsOf + id);
  return watchEach(ctx.live, topics, async (topic) => ({
    stockLevelChanged: { variantId: topic.slice(levelsOf.length), warehouseId: warehouseId ?? null },
  }));
}

/** Wakes the subscriptions; a signal more than needed does no harm. */
export async function signalAvailability(
  ctx: Context,
  batch: readonly EventOf<'InventoryUpdated'>[],
): Promise<void> {
  const variantIds = new Set(batch.map((message) => message.payload.variantId));
  const topics = [...variantIds].flatMap((id) => [availabilityOf + id, levelsOf + id]);
  await Promise.all(topics.map((topic) => ctx.live.signal(topic)));
}

/**
 * Wakes who watches levels whose counts change without what can be sold, such as at a sale: there is no event of that, so a
 * crash right after the commit loses the signal, and the next one shows it all.
 */
export function signalLevels(ctx: Context, variantIds: Iterable<string>): void {
  for (const variantId of new Set(variantIds))
    afterCommit(ctx.db, () => {
      ctx.live
        .signal(levelsOf + variantId)
        .catch((error: unknown) => ctx.log.warn({ err: error }, 'a signal of stock was lost'));
    });
}
