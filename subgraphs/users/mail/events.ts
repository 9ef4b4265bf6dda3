/** Mails are sent outside the database: by lease, one after the other. */
import type { EventOf } from '../../shared/events/catalogue.js';
import type { Consumer } from '../../shared/events/inbox.js';
import { money } from '../../shared/money.js';
import type { Context } from '../context.js';
import type { OrderNews } from './rules.js';
import { noteSent, type OrderMail } from './sent.js';
import { mailOrderNews, mailWelcome } from './service.js';

type OrderEvent = EventOf<OrderNews['type'] | 'OrderCreated'>;

/**
 * A handler that mails what `newsOf` makes of each event, and notes it. Where it dies before the note, the mails are sent again
 * (their readers drop the repeat) and noted then.
 */
const mailing =
  <Event extends OrderEvent>(newsOf: (event: Event) => OrderNews) =>
  async (ctx: Context, batch: Event[]): Promise<void> => {
    const sent: OrderMail[] = [];
    for (const event of batch) {
      const mail = await mailOrderNews(ctx, event, event.payload.orderId, newsOf(event));
      if (mail) sent.push(mail);
    }
    await noteSent(ctx.db, sent);
  };

export const mailConsumer: Consumer<Context> = {
  name: 'mail',
  mode: 'lease',
  // Who dies in the middle sends these again, under the Message-IDs by which readers drop the repeat.
  batchSize: 10,
  restMs: 1_000,
  handlers: {
    UserRegistered: async (ctx, batch) => {
      for (const event of batch) {
        // Who did not register does not expect a mail: it would be advertising.
        if (!event.payload.madeByOthers) await mailWelcome(ctx, event, event.payload.userId);
      }
    },
    OrderAwaitsPayment: mailing(({ type }) => ({ type })),
    OrderConfirmed: mailing(({ type }) => ({ type })),
    OrderPaid: mailing(({ type }) => ({ type })),
    PaymentFailed: mailing(({ type }) => ({ type })),
    OrderShipped: mailing(({ type, payload }) => ({ type, shipmentId: payload.shipmentId })),
    OrderDelivered: mailing(({ type, payload }) => ({ type, shipmentId: payload.shipmentId })),
    OrderRefunded: mailing(({ type, payload: { amount, currencyCode } }) => ({
      type,
      refund: money(BigInt(amount), currencyCode),
    })),
    OrderCancelled: mailing(({ type }) => ({ type })),
    OrderChanged: mailing(({ type }) => ({ type })),
    BackorderFilled: mailing(({ type, payload: { lines } }) => ({ type, lines })),
    ReturnApproved: mailing(({ type, payload: { returnId } }) => ({ type, returnId })),
    ReturnRejected: mailing(({ type, payload: { returnId } }) => ({ type, returnId })),
    ReturnReceived: mailing(({ type, payload: { returnId } }) => ({ type, returnId })),
  },
  retired: {
    // Every order had a mail at once (decision 0018). Orders of then have no timer by which they are told of later.
    OrderCreated: mailing(() => ({ type: 'OrderAwaitsPayment' })),
  },
};
