/**
 * Every event of the shop: one schema in one place. Payloads carry ids and facts, never personal data: who needs an
 * address asks its owner. A consumer ignores fields that it does not know; a field is never removed or given another
 * meaning without a new version.
 */
import { z } from 'zod';
import type { SubgraphName } from '../../list.js';

const id = z.uuid();
/** Minor units as a decimal string: JSON has no integers beyond 2^53. */
const amount = z.string().regex(/^-?\d+$/);
const currencyCode = z.string().length(3);
const line = z.object({ variantId: id, quantity: z.number().int().positive() });
/** Of a variant, how many pieces of an order inventory counts, and how many of those wait for stock. */
const counted = { pieces: z.number().int().nonnegative(), waiting: z.number().int().nonnegative() };

interface Definition {
  publisher: SubgraphName;
  version: number;
  aggregate: string;
  payload: z.ZodObject;
}

const define = <P extends z.ZodObject>(publisher: SubgraphName, aggregate: string, payload: P) =>
  ({ publisher, version: 1, aggregate, payload }) satisfies Definition;

export const events = {
  UserRegistered: define(
    'users',
    'User',
    // `madeByOthers`: not the user, but an import or staff made the account.
    z.object({ userId: id, locale: z.string(), madeByOthers: z.boolean().optional() }),
  ),
  UserLoggedIn: define('users', 'User', z.object({ userId: id, sessionId: id, guestId: id.nullable() })),
  UserDeleted: define('users', 'User', z.object({ userId: id })),

  ProductChanged: define('catalog', 'Product', z.object({ productId: id })),
  PriceChanged: define(
    'catalog',
    'ProductVariant',
    z.object({ variantId: id, productId: id, currencyCode, amount, previousAmount: amount.nullable() }),
  ),

  InventoryUpdated: define(
    'inventory',
    'ProductVariant',
    z.object({ variantId: id, available: z.number().int(), previousAvailable: z.number().int() }),
  ),
  LowStock: define(
    'inventory',
    'ProductVariant',
    z.object({ variantId: id, warehouseId: id, available: z.number().int() }),
  ),
  /** As many are left in a warehouse as its reorder point says, or fewer: so many are to be ordered. */
  ReorderPointReached: define(
    'inventory',
    'ProductVariant',
    z.object({
      variantId: id,
      warehouseId: id,
      available: z.number().int(),
      reorderQuantity: z.number().int(),
    }),
  ),
  OutOfStock: define('inventory', 'ProductVariant', z.object({ variantId: id })),
  ReservationExpired: define('inventory', 'Reservation', z.object({ orderId: id })),
  /** Stock has come for what an order waited for: it is reserved for it now, or sold to it where it was paid. */
  BackorderFilled: define(
    'inventory',
    'Reservation',
    // `sold`: what inventory counts of a paid order after it.
    z.object({ orderId: id, lines: z.array(line.extend({ sold: z.object(counted).optional() })) }),
  ),
  /** An order was paid whose reservation had lapsed: what there was is sold to it, and so much of it waits now. */
  StockCommittedLate: define(
    'inventory',
    'Reservation',
    z.object({
      orderId: id,
      lines: z.array(z.object({ variantId: id, ...counted, expectedAt: z.iso.datetime().nullable() })),
    }),
  ),
  /** A paid order's stock is gone: orders refunds it. */
  StockCommitFailed: define('inventory', 'Reservation', z.object({ orderId: id })),

  ProductAddedToCart: define(
    'orders',
    'Cart',
    z.object({ cartId: id, customerId: id, ...line.shape, productId: id }),
  ),
  ProductRemovedFromCart: define(
    'orders',
    'Cart',
    z.object({ cartId: id, customerId: id, ...line.shape, productId: id }),
  ),
  OrderCreated: define(
    'orders',
    'Order',
    z.object({ orderId: id, customerId: id, number: z.string(), amount, currencyCode, lines: z.array(line) }),
  ),
  /** It was placed some minutes ago and nothing was paid: its customer is told how, and until when. */
  OrderAwaitsPayment: define('orders', 'Order', z.object({ orderId: id, customerId: id })),
  OrderPaid: define(
    'orders',
    'Order',
    z.object({
      orderId: id,
      customerId: id,
      amount,
      currencyCode,
      lines: z.array(line.extend({ productId: id })),
      /** When it was placed: of one taken over, years before. Orders paid before this was told have none. */
      placedAt: z.iso.datetime().optional(),
    }),
  ),
  /** An unpaid order was edited: these are all its lines now, and this is what it costs. */
  OrderChanged: define(
    'orders',
    'Order',
    z.object({ orderId: id, customerId: id, editId: id, amount, currencyCode, lines: z.array(line) }),
  ),
  /** An edit came to nothing: the order has its lines as before. */
  OrderEditAbandoned: define('orders', 'Order', z.object({ orderId: id, editId: id, lines: z.array(line) })),
  /** Its money is set aside and not taken yet: its stock is sold to it from now on. */
  OrderConfirmed: define(
    'orders',
    'Order',
    z.object({ orderId: id, customerId: id, amount, currencyCode, lines: z.array(line) }),
  ),
  /** Lines that are no longer to be delivered: their stock goes back, or their reservation is released. */
  OrderLinesCancelled: define('orders', 'Order', z.object({ orderId: id, lines: z.array(line) })),
  OrderCancelled: define('orders', 'Order', z.object({ orderId: id, customerId: id, reason: z.string() })),
  OrderShipped: define('orders', 'Order', z.object({ orderId: id, customerId: id, shipmentId: id })),
  /** Articles of a paid order left, or are packed, of which inventory says that their stock is gone: they were there. */
  OrderShippedUnreserved: define('orders', 'Order', z.object({ orderId: id, lines: z.array(line) })),
  OrderDelivered: define('orders', 'Order', z.object({ orderId: id, customerId: id, shipmentId: id })),
  ReturnRequested: define('orders', 'Order', z.object({ orderId: id, customerId: id, returnId: id })),
  ReturnApproved: define('orders', 'Order', z.object({ orderId: id, customerId: id, returnId: id })),
  ReturnRejected: define('orders', 'Order', z.object({ orderId: id, customerId: id, returnId: id })),
  /** Goods that were sold have come back. `restock`: to be sold again; otherwise they are written off. */
  ReturnReceived: define(
    'orders',
    'Order',
    z.object({ orderId: id, customerId: id, returnId: id, restock: z.boolean(), lines: z.array(line) }),
  ),
  OrderRefunded: define('orders', 'Order', z.object({ orderId: id, customerId: id, amount, currencyCode })),
  /** Any change that a live order shows: status, lines, payments. */
  OrderUpdated: define('orders', 'Order', z.object({ orderId: id, customerId: id })),

  PaymentProcessed: define(
    'payments',
    'Payment',
    z.object({ paymentId: id, orderId: id, amount, currencyCode }),
  ),
  /** The money is set aside, and nothing taken yet: `authorizedUntil` is how long, by the provider's word. */
  PaymentAuthorized: define(
    'payments',
    'Payment',
    z.object({
      ...{ paymentId: id, orderId: id, amount, currencyCode },
      authorizedUntil: z.iso.datetime().nullable(),
    }),
  ),
  PaymentFailed: define('payments', 'Payment', z.object({ paymentId: id, orderId: id, code: z.string() })),
  /** Given up before anything was taken: its time was over, or somebody called it off. */
  PaymentCancelled: define('payments', 'Payment', z.object({ paymentId: id, orderId: id })),
  PaymentUpdated: define('payments', 'Payment', z.object({ paymentId: id, orderId: id, status: z.string() })),
  PaymentRefunded: define(
    'payments',
    'Payment',
    z.object({ paymentId: id, orderId: id, refundId: id, amount, currencyCode }),
  ),
  /** A customer's bank takes a payment back, or asks about it (`INQUIRY`, which takes nothing). */
  PaymentDisputed: define(
    'payments',
    'Payment',
    z.object({
      ...{ paymentId: id, orderId: id, disputeId: id, amount, currencyCode },
      ...{ status: z.string(), reason: z.string() },
    }),
  ),
  /** It is over: `WON`, `LOST`, or `CLOSED` without money having moved. */
  PaymentDisputeClosed: define(
    'payments',
    'Payment',
    z.object({ paymentId: id, orderId: id, disputeId: id, status: z.string() }),
  ),
  /** Payments and the provider tell different things of the same money. */
  ReconciliationBreakFound: define(
    'payments',
    'ReconciliationBreak',
    z.object({
      breakId: id,
      kind: z.string(),
      providerReference: z.string(),
      paymentId: id.nullable(),
      orderId: id.nullable(),
    }),
  ),
} as const satisfies Record<string, Definition>;

export type EventType = keyof typeof events;
export type PayloadOf<Type extends EventType> = z.infer<(typeof events)[Type]['payload']>;

/** An event as a consumer gets it. */
export interface Message<Payload = unknown> {
  /** UUIDv7; the same in every inbox. */
  id: string;
  type: string;
  version: number;
  aggregateType: string;
  aggregateId: string;
  /** 1, 2, 3 ... per aggregate: a consumer that has seen a higher one drops this. */
  aggregateSeq: number;
  correlationId: string;
  occurredAt: Date;
  payload: Payload;
}

export type EventOf<Type extends EventType> = Message<PayloadOf<Type>> & { type: Type };
