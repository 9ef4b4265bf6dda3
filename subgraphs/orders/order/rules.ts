/** An order: what was bought, on three axes of its own (design, section 4). */
import type { DeliveryDates } from '../shipping-method/delivery-dates.js';
import type { AppliedDiscount } from '../pricing/rules.js';
import type { TaxCategory, Taxed } from '../tax/rules.js';
import type { Axes } from './states.js';

export interface OrderItem extends Taxed {
  id: string;
  variantId: string;
  productId: string;
  sku: string;
  name: string;
  imageUrl: string | null;
  attributes: Record<string, unknown>;
  /** How old the buyer must be, in years; null: of any age. */
  minimumAge: number | null;
  weightGrams: number;
  quantity: number;
  cancelledQuantity: number;
  shippedQuantity: number;
  /** Of those to come: pieces that the shop does not have yet. */
  backorderedQuantity: number;
  /** When stock for them is expected; null where nothing is known or nothing waits. */
  expectedAt: Date | null;
  /** Number of inventory's latest news among those of the order that said how many wait; 0: it is as it was ordered. */
  stockSeq: number;
  unitAmount: bigint;
  discount: bigint;
  taxCategory: TaxCategory;
  /** Parts per million. */
  taxRatePpm: number;
  taxName: string;
}

export interface OrderShipping extends Taxed {
  methodId: string;
  name: string;
  carrier: string;
  estimatedDaysMin: number;
  estimatedDaysMax: number;
  /** When it was likely to arrive, as the customer was told; orders of before that have none. */
  estimatedDelivery?: DeliveryDates;
  /** Parts per million. */
  taxRatePpm: number;
  taxName: string;
  discount: bigint;
}

export interface OrderPayment {
  paymentId: string;
  status: 'PENDING' | 'AUTHORIZED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  amount: bigint;
}

export interface OrderRefund {
  id: string;
  amount: bigint;
  /** `CANCELLED`, `LINES_CANCELLED`, `RETURNED`, `OUT_OF_STOCK`, `OVERPAID`, `STAFF`. */
  reason: string;
  status: 'REQUESTED' | 'SUCCEEDED' | 'FAILED';
  requestedAt: Date;
}

export type ShipmentStatus =
  | 'LABEL_REQUESTED'
  | 'LABEL_CREATED'
  | 'IN_TRANSIT'
  | 'OUT_FOR_DELIVERY'
  | 'DELIVERED'
  | 'EXCEPTION'
  | 'RETURNED_TO_SENDER'
  | 'CANCELLED';

export interface ShipmentEvent {
  /** The carrier's, unique within the parcel. */
  id: string;
  status: ShipmentStatus;
  at: Date;
  place: string | null;
  message: string | null;
}

export interface Shipment {
  id: string;
  carrier: string;
  trackingNumber: string | null;
  lines: { itemId: string; quantity: number }[];
  status: ShipmentStatus;
  createdAt: Date;
  /** The carrier's service; null where staff brought it to the carrier without a label of ours. */
  service: string | null;
  labelId: string | null;
  labelUrl: string | null;
  /** What the label cost, minor units of `labelCurrency`. */
  labelAmount: bigint | null;
  labelCurrency: string | null;
  trackingUrl: string | null;
  /** `2026-11-24`: when the carrier means to deliver. */
  deliveryDate: string | null;
  events: ShipmentEvent[];
  /** When it left; null before. */
  shippedAt: Date | null;
  deliveredAt: Date | null;
}

export type ReturnStatus = 'REQUESTED' | 'APPROVED' | 'REJECTED' | 'RECEIVED' | 'EXPIRED';
export type ReturnReason = 'NOT_WANTED' | 'DEFECTIVE' | 'WRONG_ARTICLE' | 'NOT_AS_DESCRIBED' | 'OTHER';
export interface Return {
  id: string;
  lines: { itemId: string; quantity: number }[];
  reason: ReturnReason;
  status: ReturnStatus;
  /** Whether all that came went back to stock; null before it came. */
  restocked: boolean | null;
  /** What came of it; null before, and where all came. */
  received: { itemId: string; quantity: number; restocked: boolean }[] | null;
  labelUrl: string | null;
  trackingNumber: string | null;
  requestedAt: Date;
  decidedAt: Date | null;
  receivedAt: Date | null;
}

export const stepKinds = [
  'PLACED',
  'CHANGED',
  'AUTHORIZED',
  'PAYMENT_FAILED',
  'PAID',
  'STOCK_ARRIVED',
  'PROCESSING',
  'SHIPPED',
  'DELIVERED',
  'RETURNED_TO_SENDER',
  'LINES_CANCELLED',
  'CANCELLED',
  'REFUNDED',
  'RETURN_REQUESTED',
  'RETURN_APPROVED',
  'RETURN_REJECTED',
  'RETURN_RECEIVED',
  'RETURN_EXPIRED',
] as const;
export type StepKind = (typeof stepKinds)[number];
export interface OrderStep {
  id: string;
  kind: StepKind;
  at: Date;
}

export interface OrderNote {
  id: string;
  text: Uint8Array;
  visibleToCustomer: boolean;
  createdAt: Date;
}

export interface Order extends Axes, Taxed {
  id: string;
  number: string;
  customerId: string;
  guest: boolean;
  version: number;
  locale: string;
  currencyCode: string;
  /** Whether prices and discounts have the tax in them; where not, it was added to them. */
  taxIncluded: boolean;
  sealed: { email: Uint8Array; shippingAddress: Uint8Array; billingAddress: Uint8Array | null };
  items: OrderItem[];
  shipping: OrderShipping;
  discounts: AppliedDiscount[];
  subtotal: bigint;
  discount: bigint;
  /** Cancelled before it was paid. */
  cancelledAmount: bigint;
  paidAmount: bigint;
  refundedAmount: bigint;
  paymentDueAt: Date | null;
  /** When the customer ordered: before `createdAt` for an order that was taken over from elsewhere. */
  placedAt: Date;
  /** The member of staff who placed it for the customer. */
  placedBy: string | null;
  /** Whether mails about it are sent. */
  notifyCustomer: boolean;
  /** What it has time for counts from here. */
  createdAt: Date;
  payments: OrderPayment[];
  refunds: OrderRefund[];
  shipments: Shipment[];
  returns: Return[];
  steps: OrderStep[];
  notes: OrderNote[];
}

/** What is, or was, to be paid. */
export const amountDue = (order: Order): bigint => order.gross - order.cancelledAmount;

/** Paid and neither given back nor about to be. */
export function refundable(order: Order): bigint {
  const asked = order.refunds
    .filter((refund) => refund.status !== 'FAILED')
    .reduce((sum, refund) => sum + refund.amount, 0n);
  return order.paidAmount - asked;
}

export const isPaid = (order: Axes): boolean =>
  order.paymentState === 'PAID' || order.paymentState === 'PARTIALLY_REFUNDED';

/** Whether a payment may still make it a paid order. */
export const awaitsPayment = (order: Order): boolean =>
  order.orderState === 'PENDING' && (order.paymentState === 'NONE' || order.paymentState === 'FAILED');

/** Whether money for it is set aside and not taken yet. */
export const isAuthorized = (order: Axes): boolean =>
  order.orderState === 'CONFIRMED' && order.paymentState === 'AUTHORIZED';

export const hasShipped = (order: Order): boolean => order.items.some((item) => item.shippedQuantity > 0);

export const openQuantity = (item: OrderItem): number =>
  item.quantity - item.cancelledQuantity - item.shippedQuantity;

const waits: readonly ShipmentStatus[] = ['LABEL_REQUESTED', 'LABEL_CREATED'];

/** Whether the parcel is packed, or about to be, and has not left. */
export const isWaiting = ({ status }: Shipment): boolean => waits.includes(status);

/** Pieces of the item in parcels that have not left. */
export const packedQuantity = (order: Order, itemId: string): number =>
  order.shipments
    .filter(isWaiting)
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => (line.itemId === itemId ? sum + line.quantity : sum), 0);

/** Pieces of the item that are to come and in no parcel. */
export const freeQuantity = (order: Order, item: OrderItem): number =>
  openQuantity(item) - packedQuantity(order, item.id);

/** Pieces of the item that can go into a parcel now: to come, in no parcel, and in stock. */
export const shippableQuantity = (order: Order, item: OrderItem): number =>
  Math.max(0, freeQuantity(order, item) - item.backorderedQuantity);

/** Whether all of it that was to come has left. */
export const hasAllLeft = (order: Order): boolean =>
  hasShipped(order) && order.items.every((item) => openQuantity(item) === 0);

/** Whether all of it that was to come has arrived; what the carrier brought back is on no way any more. */
export const hasAllArrived = (order: Order): boolean =>
  hasAllLeft(order) &&
  order.shipments.some(({ status }) => status === 'DELIVERED') &&
  order.shipments.every(({ status }) => ['DELIVERED', 'RETURNED_TO_SENDER', 'CANCELLED'].includes(status));

/** Pieces of the item that have come back. */
export const returnedQuantity = (order: Order, itemId: string): number =>
  order.returns
    .filter(({ status }) => status === 'RECEIVED')
    .flatMap(({ received, lines }): { itemId: string; quantity: number }[] => received ?? lines)
    .reduce((sum, line) => (line.itemId === itemId ? sum + line.quantity : sum), 0);

export const isCancellable = (order: Order): boolean =>
  (order.orderState === 'PENDING' || order.orderState === 'CONFIRMED') &&
  order.paymentState !== 'REFUNDED' &&
  !hasShipped(order) &&
  !order.shipments.some(isWaiting);
