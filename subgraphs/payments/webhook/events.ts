import type { Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import type { Subject } from './rules.js';
import { handleEvent } from './service.js';

/** Due at once: written when the provider's webhook came. */
export async function ProviderEvent(ctx: Context, batch: Message<Subject>[]): Promise<void> {
  for (const { payload } of batch) await handleEvent(ctx, payload);
}
