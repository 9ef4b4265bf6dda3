import type { Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { checkRefund } from './service.js';

/** Timer of every refund that the provider has not finished. */
export async function RefundCheck(ctx: Context, batch: Message[]): Promise<void> {
  for (const { aggregateId } of batch) await checkRefund(ctx, aggregateId);
}
