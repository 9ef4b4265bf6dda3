/** Which mails about orders were handed over. */
import DataLoader from 'dataloader';
import { isId } from '../../shared/ids.js';
import type { Db } from '../context.js';
import type { OrderNews } from './rules.js';

export const mailTypes = {
  OrderAwaitsPayment: 'AWAITS_PAYMENT',
  OrderConfirmed: 'CONFIRMED',
  OrderPaid: 'PAID',
  PaymentFailed: 'PAYMENT_FAILED',
  OrderChanged: 'CHANGED',
  OrderShipped: 'SHIPPED',
  OrderDelivered: 'DELIVERED',
  OrderRefunded: 'REFUNDED',
  OrderCancelled: 'CANCELLED',
  BackorderFilled: 'BACKORDER_FILLED',
  ReturnApproved: 'RETURN_APPROVED',
  ReturnRejected: 'RETURN_REJECTED',
  ReturnReceived: 'RETURN_RECEIVED',
} as const satisfies Record<OrderNews['type'], string>;

export interface OrderMail {
  /** The event that it tells of. */
  eventId: string;
  orderId: string;
  customerId: string;
  type: (typeof mailTypes)[OrderNews['type']];
  sentAt: Date;
}

/** Notes mails, in one statement; one that was sent again after a crash stands there once. */
export async function noteSent(db: Db, mails: readonly OrderMail[]): Promise<void> {
  if (mails.length > 0) await db.orderMail.createMany({ data: [...mails], skipDuplicates: true });
}

/** A guest who signs in brings the orders along. */
export async function moveMails(db: Db, guestId: string, userId: string): Promise<void> {
  await db.orderMail.updateMany({ where: { customerId: guestId }, data: { customerId: userId } });
}

export interface MailLoaders {
  /** The oldest first. */
  mailsOfOrder: DataLoader<string, OrderMail[]>;
}

export const createMailLoaders = ({ db }: { db: Db }): MailLoaders => ({
  mailsOfOrder: new DataLoader(async (orderIds: readonly string[]) => {
    const rows = await db.orderMail.findMany({
      where: { orderId: { in: orderIds.filter(isId) } },
      orderBy: [{ sentAt: 'asc' }, { eventId: 'asc' }],
    });
    return orderIds.map((id) => (rows as OrderMail[]).filter(({ orderId }) => orderId === id));
  }),
});
