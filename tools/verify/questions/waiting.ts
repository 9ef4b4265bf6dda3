/** Waiting: nothing waits for something that nobody will bring. */
import { longestTrackingMs } from '../../../subgraphs/orders/shipment/rules.js';
import { taken, type Question } from './question.js';

interface Waiting {
  schema: string;
  timer: string;
  /** What waits, as a SELECT with `id` and `timer_of`: the aggregate that the timer is set for. */
  things: string;
  /** More that tells the thing's timer `i` from others; the thing is `w`. */
  key?: string;
}

const question = (name: string, holds: string, { schema, timer, things, key }: Waiting): Question => ({
  name: `waiting.${name}`,
  holds,
  looksAt: `(${things}) w`,
  sql: `
    SELECT w.* FROM (${things}) w WHERE NOT EXISTS (
      SELECT FROM ${schema}.inbox i WHERE i.type = '${timer}' AND i.aggregate_id = w.timer_of
        AND ${key ?? 'true'} AND i.done_at IS NULL)`,
});

export const waiting: Question[] = [
  question('orders', 'an order that waits for its payment has a timer', {
    schema: 'orders',
    timer: 'OrderPaymentDue',
    things: `
      SELECT id, id AS timer_of, payment_due_at FROM orders.orders
      WHERE order_state = 'PENDING' AND payment_state IN ('NONE', 'FAILED')`,
  }),
  question('order-edits', 'an edit of an order that is open has a timer', {
    schema: 'orders',
    timer: 'OrderEditDue',
    things: `SELECT id, id AS timer_of FROM orders.order_edit WHERE status = 'OPEN'`,
  }),
  question('order-refunds', 'a refund that is asked for has a timer', {
    schema: 'orders',
    timer: 'RefundDue',
    things: `SELECT id, order_id AS timer_of FROM orders.order_refund WHERE status = 'REQUESTED'`,
    key: `i.payload->>'refundId' = w.id::text`,
  }),
  question('payments', 'a payment that may still take money has a timer', {
    schema: 'payments',
    timer: 'PaymentCheck',
    things: `
      SELECT id, id AS timer_of, status, holds_order FROM payments.payment
      WHERE status NOT IN ${taken} AND (holds_order OR status NOT IN ('FAILED', 'CANCELLED'))`,
  }),
  question('payment-refunds', 'a refund that the provider works on has a timer', {
    schema: 'payments',
    timer: 'RefundCheck',
    things: `SELECT id, id AS timer_of FROM payments.refund WHERE status = 'PENDING'`,
  }),
  question('payment-method-setups', 'a payment method that is being saved has a timer', {
    schema: 'payments',
    timer: 'SetupCheck',
    things: `SELECT id, id AS timer_of FROM payments.payment_method_setup
      WHERE status IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING')`,
  }),
  question('disputes', 'a dispute that is not closed has a timer', {
    schema: 'payments',
    timer: 'DisputeCheck',
    things: `SELECT id, id AS timer_of FROM payments.dispute WHERE closed_at IS NULL`,
  }),
  question('labels', 'a parcel that waits for its label has a timer', {
    schema: 'orders',
    timer: 'LabelDue',
    things: `SELECT id, order_id AS timer_of FROM orders.shipment WHERE status = 'LABEL_REQUESTED'`,
    key: `i.payload->>'shipmentId' = w.id::text`,
  }),
  question('parcels', 'a parcel that is with the carrier has a timer', {
    schema: 'orders',
    timer: 'TrackingDue',
    // Of those that are older nothing more is heard: staff say what became of them.
    things: `SELECT id, order_id AS timer_of FROM orders.shipment WHERE label_id IS NOT NULL
      AND status NOT IN ('DELIVERED', 'RETURNED_TO_SENDER', 'CANCELLED')
      AND created_at > $1::timestamptz - interval '${longestTrackingMs / 3_600_000} hours'`,
    key: `i.payload->>'shipmentId' = w.id::text`,
  }),
  question('returns', 'a return that is not decided on, or is to come, has a timer', {
    schema: 'orders',
    timer: 'ReturnDue',
    things: `SELECT id, order_id AS timer_of, status FROM orders.order_return WHERE status IN ('REQUESTED', 'APPROVED')`,
    key: `i.payload->>'returnId' = w.id::text`,
  }),
  question('reservations', 'an open reservation has a timer', {
    schema: 'inventory',
    timer: 'ReservationExpiry',
    things: `SELECT order_id AS id, order_id AS timer_of FROM inventory.reservation WHERE status = 'OPEN'`,
  }),
];
