/** A notification: one sentence in a user's account about an order, or for staff about the stock. */
import type { EventType } from '../../shared/events/catalogue.js';
import { permissionsOfRole, roles, type Role } from '../../shared/viewer.js';

/** The events that are told, and what they are called in the API. */
export const notificationTypes = {
  OrderCreated: 'ORDER_CREATED',
  OrderPaid: 'ORDER_PAID',
  PaymentFailed: 'PAYMENT_FAILED',
  OrderShipped: 'ORDER_SHIPPED',
  OrderDelivered: 'ORDER_DELIVERED',
  OrderRefunded: 'ORDER_REFUNDED',
  OrderCancelled: 'ORDER_CANCELLED',
  LowStock: 'LOW_STOCK',
  ReorderPointReached: 'REORDER_POINT_REACHED',
  OutOfStock: 'OUT_OF_STOCK',
} as const satisfies Partial<Record<EventType, string>>;

export type NotifiedEvent = keyof typeof notificationTypes;
export type NotificationType = (typeof notificationTypes)[NotifiedEvent];

export interface Notification {
  id: string;
  userId: string;
  type: NotificationType;
  orderId: string | null;
  variantId: string | null;
  /** Pieces to order; null where it is about nothing of the kind. */
  quantity: number | null;
  createdAt: Date;
  readAt: Date | null;
}

/** Roles that are told of the stock: those who can do something about it. */
export const stockRoles: Role[] = roles.filter((role) => permissionsOfRole[role].includes('inventory:write'));

const sentences: Record<NotificationType, { en: string; de: string }> = {
  ORDER_CREATED: { en: 'We have received your order.', de: 'Wir haben Ihre Bestellung erhalten.' },
  ORDER_PAID: { en: 'Your order has been paid.', de: 'Ihre Bestellung ist bezahlt.' },
  PAYMENT_FAILED: {
    en: 'A payment did not succeed. You can try it again.',
    de: 'Eine Zahlung ist fehlgeschlagen. Sie können es noch einmal versuchen.',
  },
  ORDER_SHIPPED: { en: 'Your parcel is on its way.', de: 'Ihr Paket ist unterwegs.' },
  ORDER_DELIVERED: { en: 'Your parcel has arrived.', de: 'Ihr Paket ist angekommen.' },
  ORDER_REFUNDED: { en: 'We have sent money back to you.', de: 'Wir haben Ihnen Geld zurückgesandt.' },
  ORDER_CANCELLED: { en: 'Your order has been cancelled.', de: 'Ihre Bestellung wurde storniert.' },
  LOW_STOCK: { en: 'Little is left of an article.', de: 'Von einem Artikel ist nur noch wenig da.' },
  REORDER_POINT_REACHED: {
    en: 'An article is to be reordered.',
    de: 'Ein Artikel ist nachzubestellen.',
  },
  OUT_OF_STOCK: { en: 'An article is sold out.', de: 'Ein Artikel ist ausverkauft.' },
};

const reorder = {
  en: (pieces: number): string => `An article is to be reordered: ${pieces} pieces.`,
  de: (pieces: number): string => `Ein Artikel ist nachzubestellen: ${pieces} Stück.`,
};

/** In German where the locale says so, else in English. */
export function messageOf(
  { type, quantity }: Pick<Notification, 'type' | 'quantity'>,
  locale: string,
): string {
  const language = /^de\b/i.test(locale) ? 'de' : 'en';
  return type === 'REORDER_POINT_REACHED' && quantity
    ? reorder[language](quantity)
    : sentences[type][language];
}
