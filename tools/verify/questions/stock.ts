/** Stock: what lies there, what is promised of it, and what orders say to both. */
import { backorders, waitingPieces } from './backorders.js';
import { paid, type Question } from './question.js';
import { transfers } from './transfers.js';

/** Pieces per item that came back and can be sold again; those written off stay sold. */
const restockedPieces = `
  SELECT b.order_id, (l->>'itemId')::uuid AS id, sum((l->>'quantity')::int) AS quantity
  FROM orders.order_return b, jsonb_array_elements(coalesce(nullif(b.received, 'null'), b.lines)) l
  WHERE b.status = 'RECEIVED' AND coalesce((l->>'restocked')::bool, b.restocked) GROUP BY 1, 2`;

/** Pieces per order and variant of reservations in a state, with what they wait for. */
const reservedPieces = (status: string): string => `
  SELECT order_id, variant_id, sum(l.quantity) AS quantity, max(greatest(r.updated_at, l.updated_at)) AS updated_at
  FROM inventory.reservation r JOIN (
    SELECT order_id, variant_id, quantity, NULL::timestamptz AS updated_at FROM inventory.reservation_line
    UNION ALL (${waitingPieces})) l USING (order_id)
  WHERE r.status = '${status}' GROUP BY 1, 2`;

const orderedPieces = (condition: string): string => `
  SELECT i.order_id, i.variant_id, sum(i.quantity - i.cancelled_quantity - coalesce(r.quantity, 0)) AS quantity,
    max(o.updated_at) AS updated_at
  FROM orders.order_item i JOIN orders.orders o ON o.id = i.order_id
  LEFT JOIN (${restockedPieces}) r ON r.order_id = i.order_id AND r.id = i.id
  WHERE ${condition} GROUP BY 1, 2`;

export const stock: Question[] = [
  {
    name: 'stock.on-hand',
    holds: 'on hand is the sum of the transactions',
    looksAt: 'inventory.stock_level',
    sql: `
      SELECT s.variant_id, s.warehouse_id, s.on_hand, coalesce(t.sum, 0) AS transactions
      FROM inventory.stock_level s LEFT JOIN (
        SELECT variant_id, warehouse_id, sum(quantity) AS sum
        FROM inventory.inventory_transaction GROUP BY 1, 2) t USING (variant_id, warehouse_id)
      WHERE s.on_hand <> coalesce(t.sum, 0)`,
  },
  {
    name: 'stock.reserved',
    holds: 'reserved is the sum of the open reservations',
    looksAt: 'inventory.stock_level',
    sql: `
      SELECT s.variant_id, s.warehouse_id, s.reserved, coalesce(r.sum, 0) AS open
      FROM inventory.stock_level s LEFT JOIN (
        SELECT variant_id, warehouse_id, sum(quantity) AS sum
        FROM inventory.reservation_line JOIN inventory.reservation USING (order_id)
        WHERE status = 'OPEN' GROUP BY 1, 2) r USING (variant_id, warehouse_id)
      WHERE s.reserved <> coalesce(r.sum, 0)`,
  },
  {
    name: 'stock.never-oversold',
    holds: 'no more is reserved than is on hand, and neither is below zero',
    looksAt: 'inventory.stock_level',
    sql: `
      SELECT variant_id, warehouse_id, on_hand, reserved FROM inventory.stock_level
      WHERE NOT (0 <= reserved AND reserved <= on_hand)`,
  },
  {
    name: 'stock.sold',
    holds: 'what was sold to an order is what its committed reservation says',
    looksAt: `inventory.reservation WHERE status = 'COMMITTED'`,
    sql: `
      SELECT order_id, variant_id, warehouse_id, coalesce(l.quantity, 0) AS committed, coalesce(t.sold, 0) AS sold
      FROM (
        SELECT order_id::text, variant_id, warehouse_id, quantity
        FROM inventory.reservation_line JOIN inventory.reservation USING (order_id) WHERE status = 'COMMITTED'
      ) l FULL JOIN (
        SELECT reference AS order_id, variant_id, warehouse_id, -sum(quantity) AS sold
        FROM inventory.inventory_transaction
        WHERE type IN ('SALE', 'RETURN') AND reference IN (SELECT order_id::text FROM inventory.reservation)
        GROUP BY 1, 2, 3
      ) t USING (order_id, variant_id, warehouse_id)
      WHERE coalesce(l.quantity, 0) <> coalesce(t.sold, 0)`,
  },
  {
    name: 'stock.paid-orders',
    holds:
      'a paid order has exactly its articles committed or waiting, without those that came back to stock',
    looksAt: `orders.orders WHERE order_state IN ('CONFIRMED', 'COMPLETED') AND payment_state IN ${paid}`,
    sql: `
      SELECT order_id, variant_id, coalesce(i.quantity, 0) AS ordered, coalesce(l.quantity, 0) AS committed,
        greatest(i.updated_at, l.updated_at) AS moved_at
      FROM (${orderedPieces(`o.order_state IN ('CONFIRMED', 'COMPLETED') AND o.payment_state IN ${paid}`)}) i
      FULL JOIN (${reservedPieces('COMMITTED')}) l USING (order_id, variant_id)
      WHERE coalesce(i.quantity, 0) <> coalesce(l.quantity, 0)`,
  },
  {
    name: 'stock.waiting-orders',
    holds:
      'what is reserved for an order that waits for its payment, or waits for stock, is exactly its articles',
    looksAt: `inventory.reservation WHERE status = 'OPEN'`,
    sql: `
      SELECT order_id, variant_id, coalesce(i.quantity, 0) AS ordered, coalesce(l.quantity, 0) AS reserved,
        greatest(i.updated_at, l.updated_at) AS moved_at
      FROM (${orderedPieces(`o.order_state = 'PENDING'
        AND EXISTS (SELECT FROM inventory.reservation r WHERE r.order_id = o.id AND r.status = 'OPEN')`)}) i
      FULL JOIN (SELECT * FROM (${reservedPieces('OPEN')}) r
        WHERE EXISTS (SELECT FROM orders.orders o WHERE o.id = r.order_id AND o.order_state = 'PENDING')) l
        USING (order_id, variant_id)
      WHERE coalesce(i.quantity, 0) <> coalesce(l.quantity, 0)`,
  },
  {
    name: 'stock.held',
    holds: 'an open reservation is for an order that waits for its payment, or not over yet',
    looksAt: `inventory.reservation WHERE status = 'OPEN'`,
    sql: `
      SELECT r.order_id, r.hold_until, o.order_state, o.payment_state, greatest(r.updated_at, o.updated_at) AS moved_at
      FROM inventory.reservation r LEFT JOIN orders.orders o ON o.id = r.order_id
      WHERE r.status = 'OPEN' AND CASE WHEN o.id IS NULL THEN r.hold_until <= $1
        ELSE o.order_state <> 'PENDING' OR r.hold_until <= $1 END`,
  },
  ...backorders,
  ...transfers,
];
