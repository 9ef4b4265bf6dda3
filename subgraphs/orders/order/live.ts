import { clientError } from '../../shared/errors.js';
import { liveQuery } from '../../shared/live.js';
import { maySee } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { orderTopic } from './events.js';
import type { Order } from './rules.js';
import { readOrder } from './service.js';

/** The order at once and after every change, for who may see it; others get NOT_FOUND. */
export async function orderUpdated(
  ctx: Context,
  orderId: string,
): Promise<AsyncIterableIterator<{ orderUpdated: { order: Order } }>> {
  const read = async (): Promise<{ orderUpdated: { order: Order } }> => {
    const order = await readOrder(ctx, orderId);
    // Read each time: a guest's order may have moved to a customer meanwhile.
    if (!order || !maySee(ctx.viewer, order.customerId, 'orders:read'))
      throw clientError('NOT_FOUND', 'There is no such order.');
    return { orderUpdated: { order } };
  };
  await read();
  return liveQuery(ctx.live, orderTopic(orderId), read);
}
