/** After the sale: money that was set aside, parcels, and what came back. */
import type { Question } from './question.js';

/** Pieces per return and item: what came, or what is to come. */
const returned = `
  SELECT b.order_id, b.id AS return_id, b.status, (l->>'itemId')::uuid AS item_id, (l->>'quantity')::int AS quantity
  FROM orders.order_return b,
    jsonb_array_elements(CASE WHEN b.status = 'RECEIVED' THEN coalesce(nullif(b.received, 'null'), b.lines) ELSE b.lines END) l`;

const parcelLines = `
  SELECT s.id, s.order_id, s.shipped_at, s.status, (l->>'itemId')::uuid AS item_id, (l->>'quantity')::int AS quantity
  FROM orders.shipment s, jsonb_array_elements(s.lines) l`;

export const captures: Question[] = [
  {
    name: 'money.captures',
    holds: 'of what was set aside no more was taken than staff asked for, and nothing that was called off',
    looksAt: `payments.payment WHERE capture_method = 'MANUAL'`,
    sql: `
      SELECT id, order_id, status, amount, capture_amount, captured_amount, cancel_requested_at FROM payments.payment
      WHERE capture_method = 'MANUAL' AND (capture_amount > amount
        OR captured_amount > 0 AND capture_amount IS NOT NULL AND captured_amount <> capture_amount
        OR capture_id IS NOT NULL AND cancel_requested_at IS NOT NULL)`,
  },
  {
    name: 'money.returned',
    holds: 'for returns no more goes back than what came was sold for, and the shipping once',
    looksAt: `orders.order_return WHERE status = 'RECEIVED'`,
    // Each receipt is rounded by itself: a minor unit per line.
    sql: `
      SELECT r.order_id, r.back, r.receipts, r.with_shipping, v.returns, v.value FROM (
        SELECT order_id, sum(amount) AS back, count(*) AS receipts,
          count(*) FILTER (WHERE reason = 'RETURNED_WITH_SHIPPING') AS with_shipping
        FROM orders.order_refund WHERE reason IN ('RETURNED', 'RETURNED_WITH_SHIPPING') AND status <> 'FAILED'
        GROUP BY 1) r
      JOIN orders.orders o ON o.id = r.order_id
      LEFT JOIN (
        SELECT b.order_id, count(DISTINCT b.return_id) AS returns,
          sum(ceil(i.gross * b.quantity / i.quantity::numeric) + 1) AS value
        FROM (${returned}) b JOIN orders.order_item i ON i.id = b.item_id
        WHERE b.status = 'RECEIVED' GROUP BY 1) v ON v.order_id = r.order_id
      WHERE r.with_shipping > 1 OR r.receipts > coalesce(v.returns, 0)
        OR r.back > coalesce(v.value, 0) + CASE WHEN r.with_shipping > 0 THEN o.shipping_gross ELSE 0 END`,
  },
];

export const afterSale: Question[] = [
  {
    name: 'orders.parcels',
    holds:
      "a parcel has articles of its order, each once, no more than is open of them, and the carrier's where it is with one",
    looksAt: 'orders.shipment',
    sql: `
      SELECT s.id, s.order_id, s.status, s.label_id, NULL::uuid AS item_id, NULL::bigint AS quantity FROM orders.shipment s
      WHERE jsonb_array_length(s.lines) = 0
        OR s.service IS NOT NULL AND s.label_id IS NULL AND s.status NOT IN ('LABEL_REQUESTED', 'CANCELLED')
      UNION ALL
      SELECT p.id, p.order_id, p.status, NULL, p.item_id, sum(p.quantity) FROM (${parcelLines}) p
      LEFT JOIN orders.order_item i ON i.id = p.item_id AND i.order_id = p.order_id
      GROUP BY p.id, p.order_id, p.status, p.item_id HAVING count(*) > 1 OR min(p.quantity) < 1 OR count(i.id) = 0
      UNION ALL
      SELECT NULL, i.order_id, NULL, NULL, i.id, packed.quantity FROM orders.order_item i JOIN (
        SELECT item_id, sum(quantity) AS quantity FROM (${parcelLines}) p
        WHERE shipped_at IS NULL AND status <> 'CANCELLED' GROUP BY 1) packed ON packed.item_id = i.id
      WHERE packed.quantity + i.shipped_quantity + i.cancelled_quantity > i.quantity`,
  },
  {
    name: 'orders.returned',
    holds:
      'of an article no more is in returns that stand than was sent, and no more came than was asked for',
    looksAt: 'orders.order_return',
    sql: `
      SELECT i.order_id, i.id AS item_id, i.shipped_quantity AS most, sum(r.quantity) AS returned
      FROM (${returned}) r LEFT JOIN orders.order_item i ON i.id = r.item_id AND i.order_id = r.order_id
      WHERE r.status NOT IN ('REJECTED', 'EXPIRED')
      GROUP BY i.order_id, i.id HAVING i.id IS NULL OR sum(r.quantity) > i.shipped_quantity
      UNION ALL
      SELECT r.order_id, r.item_id, a.quantity, r.quantity FROM (${returned}) r LEFT JOIN (
        SELECT b.id, (l->>'itemId')::uuid AS item_id, sum((l->>'quantity')::int) AS quantity
        FROM orders.order_return b, jsonb_array_elements(b.lines) l GROUP BY 1, 2) a
        ON a.id = r.return_id AND a.item_id = r.item_id
      WHERE r.quantity > coalesce(a.quantity, 0)`,
  },
];
