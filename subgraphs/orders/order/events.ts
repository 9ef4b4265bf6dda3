import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';

export const orderTopic = (orderId: string): string => `order:${orderId}`;

const signal = async (ctx: Context, batch: readonly { payload: { orderId: string } }[]): Promise<void> => {
  for (const orderId of new Set(batch.map(({ payload }) => payload.orderId)))
    await ctx.live.signal(orderTopic(orderId));
};

/** Tells those who watch an order that it, or a payment of it, has changed. */
export const live: Consumer<Context> = {
  name: 'live',
  mode: 'transaction',
  handlers: { OrderUpdated: signal, PaymentUpdated: signal },
};
