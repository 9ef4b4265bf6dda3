/** How an order stands in its tables, and what of it a change has to write. */
import { parseRecord } from './json.js';
import type {
  Order,
  OrderItem,
  OrderNote,
  OrderPayment,
  OrderRefund,
  OrderShipping,
  OrderStep,
  Return,
  Shipment,
  ShipmentEvent,
} from './rules.js';
import type { FulfilmentState, OrderState, PaymentState } from './states.js';

export interface OrderRow {
  id: string;
  number: string;
  customer_id: string;
  guest: boolean;
  order_state: OrderState;
  payment_state: PaymentState;
  fulfilment_state: FulfilmentState;
  version: number;
  locale: string;
  currency_code: string;
  tax_included: boolean;
  email: Uint8Array;
  shipping_address: Uint8Array;
  billing_address: Uint8Array | null;
  shipping: Record<string, unknown>;
  discounts: unknown[];
  subtotal: bigint;
  discount: bigint;
  shipping_discount: bigint;
  shipping_net: bigint;
  shipping_tax: bigint;
  shipping_gross: bigint;
  net: bigint;
  tax: bigint;
  gross: bigint;
  cancelled_amount: bigint;
  paid_amount: bigint;
  refunded_amount: bigint;
  payment_due_at: Date | null;
  placed_at: Date;
  placed_by: string | null;
  notify_customer: boolean;
  created_at: Date;
  items: unknown[];
  payments: unknown[];
  refunds: unknown[];
  shipments: unknown[];
  returns: unknown[];
  steps: unknown[];
  notes: unknown[];
}

const amounts = ['amount', 'labelAmount', 'unitAmount', 'discount', 'net', 'tax', 'gross'];
const times = [
  'at',
  'requestedAt',
  'shippedAt',
  'deliveredAt',
  'createdAt',
  'decidedAt',
  'receivedAt',
  'expectedAt',
];
const bytes = ['text'];
const parse = <T>(values: unknown[]): T[] =>
  values.map((value) => parseRecord<T>(value, { amounts, times, bytes }));

export const orderOf = (row: OrderRow): Order => ({
  id: row.id,
  number: row.number,
  customerId: row.customer_id,
  guest: row.guest,
  orderState: row.order_state,
  paymentState: row.payment_state,
  fulfilmentState: row.fulfilment_state,
  version: row.version,
  locale: row.locale,
  currencyCode: row.currency_code,
  taxIncluded: row.tax_included,
  sealed: { email: row.email, shippingAddress: row.shipping_address, billingAddress: row.billing_address },
  items: parse<OrderItem>(row.items),
  shipping: {
    ...(row.shipping as unknown as OrderShipping),
    discount: row.shipping_discount,
    net: row.shipping_net,
    tax: row.shipping_tax,
    gross: row.shipping_gross,
  },
  discounts: parse(row.discounts),
  subtotal: row.subtotal,
  discount: row.discount,
  net: row.net,
  tax: row.tax,
  gross: row.gross,
  cancelledAmount: row.cancelled_amount,
  paidAmount: row.paid_amount,
  refundedAmount: row.refunded_amount,
  paymentDueAt: row.payment_due_at,
  placedAt: row.placed_at,
  placedBy: row.placed_by,
  notifyCustomer: row.notify_customer,
  createdAt: row.created_at,
  payments: parse<OrderPayment>(row.payments),
  refunds: parse<OrderRefund>(row.refunds),
  shipments: parse<Shipment>(row.shipments).map((shipment) => ({
    ...shipment,
    events: parse<ShipmentEvent>(shipment.events),
  })),
  returns: parse<Return>(row.returns),
  steps: parse<OrderStep>(row.steps),
  notes: parse<OrderNote>(row.notes),
});

/** JSON for SQL: minor units as digits. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

/** Rows of `after` that `before` does not have as they are. */
function changed<T>(before: readonly T[], after: readonly T[]): T[] {
  return after.filter((row) => !before.includes(row));
}

/** What a new order writes beside its own row. */
export function insertsOf(order: Order): {
  items: string;
  shipping: string;
  discounts: string;
  steps: string;
} {
  // Its amounts have columns of their own.
  const { discount: _discount, net: _net, tax: _tax, gross: _gross, ...shipping } = order.shipping;
  return {
    items: toJson(order.items.map((item, position) => ({ ...item, position }))),
    shipping: toJson(shipping),
    discounts: toJson(order.discounts),
    steps: toJson(order.steps),
  };
}

/**
 * What a change writes beside the order's own row; null where there is nothing. Rules never change a row in place: an
 * unchanged one is the same object.
 */
export function changesOf(
  before: Order,
  after: Order,
): Record<'items' | 'payments' | 'refunds' | 'shipments' | 'returns' | 'steps', string | null> {
  const jsonOf = <T>(was: readonly T[], is: readonly T[]): string | null => {
    const rows = changed(was, is);
    return rows.length > 0 ? toJson(rows) : null;
  };
  return {
    items: jsonOf(before.items, after.items),
    payments: jsonOf(before.payments, after.payments),
    refunds: jsonOf(before.refunds, after.refunds),
    shipments: jsonOf(before.shipments, after.shipments),
    returns: jsonOf(before.returns, after.returns),
    steps: jsonOf(before.steps, after.steps),
  };
}
