/** What comes due, here or in inventory. A lease, since it calls other subgraphs. */
import type { Consumer } from '../shared/events/inbox.js';
import { schedule, scheduleUnlessSet, type Timer } from '../shared/events/timers.js';
import { idFromName } from '../shared/ids.js';
import { expireOldCarts } from './cart/service.js';
import type { Context } from './context.js';
import { abandon } from './edit/service.js';
import { paymentDue, reservationExpired, voidDue } from './payment/service.js';
import { sendRefund } from './refund/service.js';
import { returnDue } from './return/service.js';
import { labelDue, trackingDue } from './shipment/label.js';

const hourMs = 3_600_000;

const cartsTimer = (ctx: Context): Timer => ({
  consumer: 'timers',
  type: 'ExpireCarts',
  aggregateId: idFromName('carts'),
  runAt: new Date(ctx.clock().getTime() + hourMs),
});

const shipmentIn = (payload: unknown): string => (payload as { shipmentId: string }).shipmentId;

/** Begins to give up old carts, once an hour, by whichever process comes first; however often processes start. */
export const scheduleCartExpiry = (ctx: Context): Promise<void> => scheduleUnlessSet(ctx, cartsTimer(ctx));

export const timers: Consumer<Context> = {
  name: 'timers',
  mode: 'lease',
  handlers: {
    ReservationExpired: async (ctx, batch) => {
      for (const { payload } of batch) await reservationExpired(ctx, payload.orderId);
    },
  },
  timers: {
    OrderPaymentDue: async (ctx, batch) => {
      for (const { aggregateId } of batch) await paymentDue(ctx, aggregateId);
    },
    VoidDue: async (ctx, batch) => {
      for (const { aggregateId } of batch) await voidDue(ctx, aggregateId);
    },
    RefundDue: async (ctx, batch) => {
      for (const { aggregateId, payload } of batch)
        await sendRefund(ctx, aggregateId, (payload as { refundId: string }).refundId);
    },
    OrderEditDue: async (ctx, batch) => {
      for (const { aggregateId } of batch) await abandon(ctx, aggregateId);
    },
    LabelDue: async (ctx, batch) => {
      for (const { aggregateId, payload } of batch) await labelDue(ctx, aggregateId, shipmentIn(payload));
    },
    ReturnDue: async (ctx, batch) => {
      for (const { aggregateId, payload } of batch)
        await returnDue(ctx, aggregateId, (payload as { returnId: string }).returnId);
    },
    TrackingDue: async (ctx, batch) => {
      for (const { aggregateId, payload } of batch) await trackingDue(ctx, aggregateId, shipmentIn(payload));
    },
    ExpireCarts: async (ctx) => {
      await expireOldCarts(ctx);
      await schedule(ctx, cartsTimer(ctx));
    },
  },
};
