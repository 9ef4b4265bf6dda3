import type { Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { checkDispute } from './service.js';

/** Timer of every dispute that is not closed. */
export async function DisputeCheck(ctx: Context, batch: Message[]): Promise<void> {
  for (const { aggregateId } of batch) await checkDispute(ctx, aggregateId);
}
