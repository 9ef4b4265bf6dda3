/** The three axes of an order's state, as a table, and the one word that shoppers know (design, section 4). */

export type OrderState = 'PENDING' | 'CONFIRMED' | 'COMPLETED' | 'CANCELLED';
export type PaymentState = 'NONE' | 'AUTHORIZED' | 'PAID' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'FAILED';
export type FulfilmentState =
  'NONE' | 'PROCESSING' | 'PARTIALLY_SHIPPED' | 'SHIPPED' | 'DELIVERED' | 'PARTIALLY_RETURNED' | 'RETURNED';
export const orderStatuses = [
  'PENDING',
  'CONFIRMED',
  'PAID',
  'PROCESSING',
  'SHIPPED',
  'DELIVERED',
  'CANCELLED',
  'REFUNDED',
  'RETURNED',
  'PAYMENT_FAILED',
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export interface Axes {
  orderState: OrderState;
  paymentState: PaymentState;
  fulfilmentState: FulfilmentState;
}

/** Where each axis may go from where it is; what is not here is not allowed. */
export const transitions = {
  orderState: {
    PENDING: ['CONFIRMED', 'CANCELLED'],
    CONFIRMED: ['COMPLETED', 'CANCELLED'],
    COMPLETED: [],
    CANCELLED: [],
  },
  paymentState: {
    NONE: ['AUTHORIZED', 'PAID', 'FAILED'],
    FAILED: ['NONE', 'AUTHORIZED', 'PAID'],
    AUTHORIZED: ['PAID', 'FAILED', 'NONE'],
    PAID: ['PARTIALLY_REFUNDED', 'REFUNDED'],
    PARTIALLY_REFUNDED: ['REFUNDED'],
    REFUNDED: [],
  },
  fulfilmentState: {
    NONE: ['PROCESSING', 'PARTIALLY_SHIPPED', 'SHIPPED'],
    // A carrier tells that a parcel left and that it arrived in one answer, where nobody asked in between.
    PROCESSING: ['PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED'],
    PARTIALLY_SHIPPED: ['SHIPPED', 'DELIVERED', 'PARTIALLY_RETURNED', 'RETURNED'],
    SHIPPED: ['DELIVERED', 'PARTIALLY_RETURNED', 'RETURNED'],
    DELIVERED: ['PARTIALLY_RETURNED', 'RETURNED'],
    PARTIALLY_RETURNED: ['RETURNED'],
    RETURNED: [],
  },
} as const satisfies {
  orderState: Record<OrderState, readonly OrderState[]>;
  paymentState: Record<PaymentState, readonly PaymentState[]>;
  fulfilmentState: Record<FulfilmentState, readonly FulfilmentState[]>;
};

const mayGo = (axis: keyof Axes, from: string, to: string): boolean =>
  from === to || ((transitions[axis] as Record<string, readonly string[]>)[from] ?? []).includes(to);

/** Throws where an axis would make a step that the table does not have: a fault of ours, never of a customer. */
export function assertTransition(before: Axes, after: Axes): void {
  for (const axis of ['orderState', 'paymentState', 'fulfilmentState'] as const)
    if (!mayGo(axis, before[axis], after[axis]))
      throw new Error(`An order's ${axis} cannot go from ${before[axis]} to ${after[axis]}.`);
}

/** The one word that shoppers know. */
export function statusOf({ orderState, paymentState, fulfilmentState }: Axes): OrderStatus {
  if (paymentState === 'REFUNDED') return fulfilmentState === 'RETURNED' ? 'RETURNED' : 'REFUNDED';
  if (orderState === 'CANCELLED') return 'CANCELLED';
  switch (fulfilmentState) {
    case 'RETURNED':
      return 'RETURNED';
    case 'DELIVERED':
    case 'PARTIALLY_RETURNED':
      return 'DELIVERED';
    case 'SHIPPED':
      return 'SHIPPED';
    case 'PARTIALLY_SHIPPED':
    case 'PROCESSING':
      return 'PROCESSING';
    case 'NONE':
      break;
  }
  if (paymentState === 'PAID' || paymentState === 'PARTIALLY_REFUNDED') return 'PAID';
  if (paymentState === 'FAILED') return 'PAYMENT_FAILED';
  return orderState === 'CONFIRMED' ? 'CONFIRMED' : 'PENDING';
}
