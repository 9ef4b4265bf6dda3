/** Live availability: each of the variants at once, and again whenever it is signalled. */
import { badInput } from '../../shared/errors.js';
import type { EventOf } from '../../shared/events/catalogue.js';
import { watchEach } from '../../shared/live.js';
import type { Context } from '../context.js';
import type { StockedVariant } from './rules.js';

const maxWatched = 100;
const prefix = 'availability:';
const topicOf = (variantId: string): string => `${prefix}${variantId}`;

export interface AvailabilityChanged {
  availabilityChanged: StockedVariant;
}

export async function availabilityChanged(
  ctx: Context,
  variantIds: readonly string[],
): Promise<AsyncIterableIterator<AvailabilityChanged>> {
  if (variantIds.length < 1 || variantIds.length > maxWatched)
    throw badInput(`variantIds are 1 to ${maxWatched}, not ${variantIds.length}.`, ['variantIds']);
  return watchEach(ctx.live, variantIds.map(topicOf), async (topic) => ({
    availabilityChanged: { id: topic.slice(prefix.length) },
  }));
}

/** Wakes the subscriptions; a signal more than needed does no harm. */
export async function signalAvailability(
  ctx: Context,
  batch: readonly EventOf<'InventoryUpdated'>[],
): Promise<void> {
  const variantIds = new Set(batch.map((message) => message.payload.variantId));
  await Promise.all([...variantIds].map((id) => ctx.live.signal(topicOf(id))));
}
