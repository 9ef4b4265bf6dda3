/** Live availability: each of the variants at once, and again whenever it is signalled. */
import { badInput } from '../../shared/errors.js';
import type { EventOf } from '../../shared/events/catalogue.js';
import { liveQuery, type Live } from '../../shared/live.js';
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
  const waiting = new Set(variantIds);
  let again = (): void => {};
  // liveQuery says that something was signalled, not what: noted here on the way, also for the snapshot and after a gap.
  const noting: Live = {
    ...ctx.live,
    watch: (topic, onSignal) => {
      again = onSignal;
      return ctx.live.watch(topic, () => {
        waiting.add(topic.slice(prefix.length));
        onSignal();
      });
    },
  };
  return liveQuery(noting, [...waiting].map(topicOf), async () => {
    const [id] = waiting;
    if (id === undefined) return null;
    waiting.delete(id);
    if (waiting.size > 0) again();
    return { availabilityChanged: { id } };
  });
}

/** Wakes the subscriptions; a signal more than needed does no harm. */
export async function signalAvailability(
  ctx: Context,
  batch: readonly EventOf<'InventoryUpdated'>[],
): Promise<void> {
  const variantIds = new Set(batch.map((message) => message.payload.variantId));
  await Promise.all([...variantIds].map((id) => ctx.live.signal(topicOf(id))));
}
