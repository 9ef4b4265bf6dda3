import type { EventOf, Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { checkPayment } from './service.js';

/** Live orders show their payments: whoever watches the order reads it anew. */
export async function PaymentUpdated(ctx: Context, batch: EventOf<'PaymentUpdated'>[]): Promise<void> {
  const orderIds = new Set(batch.map((one) => one.payload.orderId));
  for (const orderId of orderIds) await ctx.live.signal(`order:${orderId}`);
}

/** Timer of every payment that has not ended. */
export async function PaymentCheck(ctx: Context, batch: Message[]): Promise<void> {
  for (const { aggregateId } of batch) await checkPayment(ctx, aggregateId);
}
