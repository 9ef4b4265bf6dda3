/** Orders: sums, states and counts that follow from their parts. */
import {
  statusOf,
  transitions,
  type FulfilmentState,
  type OrderState,
  type PaymentState,
} from '../../../subgraphs/orders/order/states.js';
import { kept } from '../../../subgraphs/shared/events/retention.js';
import { afterSale } from './after-sale.js';
import { paid, type Question } from './question.js';

/** Every combination of the three axes with its one word, as rows of VALUES. */
function statuses(): string {
  const rows: string[] = [];
  for (const orderState of Object.keys(transitions.orderState) as OrderState[])
    for (const paymentState of Object.keys(transitions.paymentState) as PaymentState[])
      for (const fulfilmentState of Object.keys(transitions.fulfilmentState) as FulfilmentState[]) {
        const status = statusOf({ orderState, paymentState, fulfilmentState });
        rows.push(`('${orderState}', '${paymentState}', '${fulfilmentState}', '${status}')`);
      }
  return rows.join(', ');
}

/** Of an order `o` with its refunds `r` and items `i`: what each axis says of the others and of the sums. */
const axes = {
  order: `CASE o.order_state
    WHEN 'PENDING' THEN o.payment_state IN ('NONE', 'FAILED') AND o.fulfilment_state = 'NONE'
    WHEN 'CONFIRMED' THEN o.payment_state NOT IN ('NONE', 'FAILED')
    WHEN 'COMPLETED' THEN o.payment_state IN ${paid}
      AND o.fulfilment_state IN ('DELIVERED', 'PARTIALLY_RETURNED', 'RETURNED')
    ELSE i.shipped = 0 END`,
  payment: `CASE o.payment_state
    WHEN 'PAID' THEN coalesce(r.settled, 0) = 0
    WHEN 'PARTIALLY_REFUNDED' THEN r.settled > 0 AND o.refunded_amount < o.paid_amount
    WHEN 'REFUNDED' THEN o.paid_amount > 0 AND o.paid_amount = r.asked
    ELSE o.paid_amount = coalesce(r.asked, 0) END`,
  fulfilment: `CASE WHEN o.fulfilment_state IN ('NONE', 'PROCESSING') THEN i.shipped = 0
    WHEN o.fulfilment_state IN ('SHIPPED', 'DELIVERED') THEN i.shipped > 0 AND i.open = 0
    ELSE i.shipped > 0 END`,
};

const parts: Question[] = [
  {
    name: 'orders.sums',
    holds: 'an order has articles, its sums are those of articles and shipping, and gross is net and tax',
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.gross, o.net, o.tax, o.subtotal, o.discount, i.gross AS items_gross, i.net AS items_net,
        i.tax AS items_tax, i.list AS items_list, i.discount AS items_discount, o.shipping_gross
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross, sum(unit_amount * quantity) AS list,
          sum(discount) AS discount, bool_and(net + tax = gross AND unit_amount * quantity - discount IN (net, gross)) AS add_up
        FROM orders.order_item GROUP BY 1) i ON i.order_id = o.id
      WHERE NOT coalesce(i.add_up AND o.net + o.tax = o.gross AND o.shipping_net + o.shipping_tax = o.shipping_gross
        AND o.net = i.net + o.shipping_net AND o.tax = i.tax + o.shipping_tax AND o.gross = i.gross + o.shipping_gross
        AND o.subtotal = i.list AND o.discount = i.discount + o.shipping_discount
        AND i.list - i.discount = CASE WHEN o.tax_included THEN i.gross ELSE i.net END, false)`,
  },
  {
    name: 'orders.status',
    holds: "an order's status is the one word for its three axes",
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.order_state, o.payment_state, o.fulfilment_state, o.status, s.status AS computed
      FROM orders.orders o LEFT JOIN (VALUES ${statuses()}) s (order_state, payment_state, fulfilment_state, status)
        USING (order_state, payment_state, fulfilment_state)
      WHERE o.status IS DISTINCT FROM s.status`,
  },
  {
    name: 'orders.axes',
    holds: "an order's three axes fit each other, its amounts and what was shipped",
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.order_state, o.payment_state, o.fulfilment_state, o.paid_amount, o.refunded_amount, r.asked,
        i.shipped, i.open
      FROM orders.orders o
      LEFT JOIN (
        SELECT order_id, sum(amount) FILTER (WHERE status <> 'FAILED') AS asked,
          sum(amount) FILTER (WHERE status = 'SUCCEEDED' AND reason <> 'OVERPAID') AS settled
        FROM orders.order_refund GROUP BY 1) r ON r.order_id = o.id
      LEFT JOIN (
        SELECT order_id, sum(shipped_quantity) AS shipped, sum(quantity - cancelled_quantity - shipped_quantity) AS open
        FROM orders.order_item GROUP BY 1) i ON i.order_id = o.id
      WHERE NOT coalesce((${axes.order}) AND (${axes.payment}) AND (${axes.fulfilment}), false)`,
  },
  {
    name: 'orders.shipped',
    holds:
      'of an article as much was shipped as its parcels say, and no more than was ordered and not cancelled',
    looksAt: 'orders.order_item',
    sql: `
      SELECT i.order_id, i.id, i.quantity, i.cancelled_quantity, i.shipped_quantity, coalesce(s.parcels, 0) AS parcels
      FROM orders.order_item i FULL JOIN (
        SELECT (l->>'itemId')::uuid AS id, sum((l->>'quantity')::int) AS parcels
        FROM orders.shipment, jsonb_array_elements(lines) l WHERE shipped_at IS NOT NULL GROUP BY 1) s USING (id)
      WHERE i.shipped_quantity IS DISTINCT FROM coalesce(s.parcels, 0)
        OR NOT (i.cancelled_quantity + i.shipped_quantity <= i.quantity)`,
  },
  {
    name: 'orders.number',
    holds: 'every order has a number of its own, and every number its order',
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.number, n.number AS listed, n.order_id
      FROM orders.orders o FULL JOIN orders.order_number n ON n.order_id = o.id
      WHERE o.number IS DISTINCT FROM n.number`,
  },
];

const uses: Question[] = [
  {
    name: 'orders.promotions',
    holds: 'a promotion with limits was used as often as it says, and every use is of an order that counts',
    looksAt: 'orders.promotion',
    sql: `
      SELECT p.id, p.code, p.redeemed_count, count(r.order_id) AS redemptions,
        count(o.id) FILTER (WHERE o.order_state = 'CANCELLED') AS cancelled
      FROM orders.promotion p LEFT JOIN orders.promotion_redemption r ON r.promotion_id = p.id
      LEFT JOIN orders.orders o ON o.id = r.order_id
      GROUP BY 1 HAVING p.redeemed_count <> CASE WHEN p.limit_total IS NULL AND p.limit_per_customer IS NULL THEN 0
          ELSE count(r.order_id) END OR count(o.id) < count(r.order_id)
        OR count(o.id) FILTER (WHERE o.order_state = 'CANCELLED') > 0`,
  },
  {
    name: 'orders.promotion-limits',
    holds: 'no promotion was used more often than its limits allow, by all or by one customer',
    looksAt: 'orders.promotion WHERE limit_total IS NOT NULL OR limit_per_customer IS NOT NULL',
    sql: `
      SELECT p.id, p.code, p.limit_total, p.redeemed_count, t.uses AS all_uses, p.limit_per_customer, r.customer_id, r.uses
      FROM orders.promotion p LEFT JOIN (
        SELECT promotion_id, count(*) AS uses FROM orders.promotion_redemption GROUP BY 1) t ON t.promotion_id = p.id
      LEFT JOIN (
        SELECT promotion_id, customer_id, count(*) AS uses, max(ordinal) AS ordinal
        FROM orders.promotion_redemption GROUP BY 1, 2) r ON r.promotion_id = p.id
      WHERE greatest(p.redeemed_count, t.uses) > p.limit_total OR greatest(r.uses, r.ordinal) > p.limit_per_customer`,
  },
  {
    name: 'orders.placed-once',
    holds: 'a key that says an order was placed has that order, and every order one such key',
    // Keys are removed by age, and with the account of who sent them.
    looksAt: `orders.orders WHERE created_at > $1::timestamptz - interval '${kept.idempotencyKeys - 1} days'`,
    sql: `
      SELECT coalesce(k.order_id, o.id::text) AS id, k.keys FROM (
        SELECT outcome->>'orderId' AS order_id, array_agg(key) AS keys FROM orders.idempotency_key
        WHERE outcome->'placed' = 'true' GROUP BY 1) k
      FULL JOIN orders.orders o ON o.id::text = k.order_id
      WHERE o.id IS NULL OR cardinality(k.keys) > 1
        OR k.keys IS NULL AND o.created_at > $1::timestamptz - interval '${kept.idempotencyKeys - 1} days'
          AND EXISTS (SELECT FROM orders.subject_key s WHERE s.subject_id = o.customer_id)
          AND NOT EXISTS (SELECT FROM users.user_account u WHERE u.id = o.placed_by AND u.deleted_at IS NOT NULL)`,
  },
];

export const orders: Question[] = [...parts, ...afterSale, ...uses];
