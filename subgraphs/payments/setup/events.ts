import type { Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { checkSetup } from './service.js';

/** Timer of every setup that is open. */
export async function SetupCheck(ctx: Context, batch: Message[]): Promise<void> {
  for (const { aggregateId } of batch) await checkSetup(ctx, aggregateId);
}
