/** Backorders: what orders wait for, in a ledger of its own. */
import type { Question } from './question.js';

/** Pieces that wait, per order and variant. */
export const waitingPieces = `
  SELECT order_id, variant_id, quantity - filled - ended AS quantity, updated_at
  FROM inventory.backorder WHERE filled + ended < quantity`;

export const backorders: Question[] = [
  {
    name: 'stock.backorders',
    holds: "what waits for a variant's stock is the sum of its open backorders",
    looksAt: 'inventory.backorder_policy',
    sql: `
      SELECT p.variant_id, p.waiting, coalesce(b.sum, 0) AS open
      FROM inventory.backorder_policy p LEFT JOIN (
        SELECT variant_id, sum(quantity) AS sum FROM (${waitingPieces}) w GROUP BY 1) b USING (variant_id)
      WHERE p.waiting <> coalesce(b.sum, 0)`,
  },
  {
    name: 'stock.backorders-agree',
    holds: 'orders and inventory agree on what waits for stock of an order whose stock is held or sold',
    looksAt: `(${waitingPieces}) w`,
    sql: `
      SELECT order_id, variant_id, coalesce(i.quantity, 0) AS orders_say, coalesce(w.quantity, 0) AS inventory_says,
        greatest(i.updated_at, w.updated_at) AS moved_at
      FROM (
        SELECT i.order_id, i.variant_id, sum(i.backordered_quantity) AS quantity, max(o.updated_at) AS updated_at
        FROM orders.order_item i JOIN orders.orders o ON o.id = i.order_id
        JOIN inventory.reservation r ON r.order_id = o.id AND r.status IN ('OPEN', 'COMMITTED')
        WHERE o.order_state <> 'CANCELLED' GROUP BY 1, 2) i
      FULL JOIN (${waitingPieces}) w USING (order_id, variant_id)
      WHERE coalesce(i.quantity, 0) <> coalesce(w.quantity, 0)`,
  },
  {
    name: 'stock.backorders-end',
    holds: 'what waits for stock belongs to an order whose reservation is open or sold',
    looksAt: `(${waitingPieces}) w`,
    sql: `
      SELECT w.order_id, w.variant_id, w.quantity, r.status
      FROM (${waitingPieces}) w LEFT JOIN inventory.reservation r USING (order_id)
      WHERE coalesce(r.status, '') NOT IN ('OPEN', 'COMMITTED')`,
  },
  {
    name: 'stock.backorders-filled',
    holds: 'nobody waits for what is there',
    looksAt: 'inventory.backorder_policy WHERE waiting > 0',
    sql: `
      SELECT p.variant_id, p.waiting, s.warehouse_id, s.on_hand - s.reserved AS available
      FROM inventory.backorder_policy p JOIN inventory.stock_level s USING (variant_id)
      JOIN inventory.warehouse w ON w.id = s.warehouse_id AND w.status = 'ACTIVE'
      WHERE p.waiting > 0 AND s.on_hand > s.reserved`,
  },
];
