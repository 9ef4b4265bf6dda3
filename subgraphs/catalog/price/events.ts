import type { EventOf } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { priceTopic } from './service.js';

/** Wakes the subscriptions; a signal more than needed does no harm. */
export async function onPriceChanged(ctx: Context, batch: readonly EventOf<'PriceChanged'>[]): Promise<void> {
  const topics = new Set(batch.map((message) => priceTopic(message.payload.variantId)));
  await Promise.all([...topics].map((topic) => ctx.live.signal(topic)));
}
