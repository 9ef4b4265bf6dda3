import type { EventOf } from '../../shared/events/catalogue.js';
import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { notificationTypes } from './rules.js';
import { notifyAboutOrder, notifyCustomers, notifyStockStaff } from './service.js';

type CustomerEvent = EventOf<
  'OrderCreated' | 'OrderPaid' | 'OrderShipped' | 'OrderDelivered' | 'OrderRefunded' | 'OrderCancelled'
>;
type StockEvent = EventOf<'LowStock' | 'OutOfStock' | 'ReorderPointReached'>;

const tellCustomers = (ctx: Context, batch: CustomerEvent[]): Promise<void> =>
  notifyCustomers(
    ctx,
    batch.map(({ id, type, occurredAt, payload }) => ({
      eventId: id,
      type: notificationTypes[type],
      customerId: payload.customerId,
      orderId: payload.orderId,
      variantId: null,
      createdAt: occurredAt,
    })),
  );

const tellStaff = (ctx: Context, batch: StockEvent[]): Promise<void> =>
  notifyStockStaff(
    ctx,
    batch.map(({ id, type, occurredAt, payload }) => ({
      eventId: id,
      type: notificationTypes[type],
      orderId: null,
      variantId: payload.variantId,
      createdAt: occurredAt,
      ...('reorderQuantity' in payload ? { quantity: payload.reorderQuantity } : {}),
    })),
  );

/** The event does not say whose payment it was: orders knows. */
async function tellOfFailedPayments(ctx: Context, batch: EventOf<'PaymentFailed'>[]): Promise<void> {
  for (const { id, type, occurredAt, payload } of batch) {
    await notifyAboutOrder(ctx, payload.orderId, {
      eventId: id,
      type: notificationTypes[type],
      variantId: null,
      createdAt: occurredAt,
    });
  }
}

export const notificationConsumer: Consumer<Context> = {
  name: 'notifications',
  mode: 'transaction',
  restMs: 1_000,
  handlers: {
    OrderCreated: tellCustomers,
    OrderPaid: tellCustomers,
    OrderShipped: tellCustomers,
    OrderDelivered: tellCustomers,
    OrderRefunded: tellCustomers,
    OrderCancelled: tellCustomers,
    LowStock: tellStaff,
    ReorderPointReached: tellStaff,
    OutOfStock: tellStaff,
  },
};

/** By lease, since it asks another subgraph: a transaction would be held open over the call. */
export const paymentNotificationConsumer: Consumer<Context> = {
  name: 'payment-notifications',
  mode: 'lease',
  handlers: { PaymentFailed: tellOfFailedPayments },
};
