/**
 * The ledger's questions: what must hold between all schemas whatever was killed and whenever. Each is one statement that
 * gives the rows that violate it, for a connection that may read every schema. They are asked of a shop at rest; `$1` is
 * the moment to ask for, by the shop's clock: what was due before it is late, what is due later is waiting.
 */
import type pg from 'pg';
import { subgraphNames } from '../../subgraphs/list.js';

export interface Question {
  /** What holds where nothing comes back. */
  name: string;
  sql: string;
}

export interface Violation {
  question: string;
  rows: Record<string, unknown>[];
}

const ofEverySchema = (part: (schema: string) => string): string =>
  subgraphNames.map(part).join('\nUNION ALL\n');

const taken = `('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED')`;
const paid = `('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')`;

/** Rows of `things` (columns id and schema) that wait for a timer which nobody has set. */
const withoutTimer = (schema: string, type: string, things: string, key = 'true'): string => `
  SELECT w.* FROM (${things}) w WHERE NOT EXISTS (
    SELECT FROM ${schema}.inbox i WHERE i.consumer = 'timers' AND i.type = '${type}'
      AND i.aggregate_id = w.timer_of AND ${key} AND i.done_at IS NULL)`;

const stock: Question[] = [
  {
    name: 'on hand is the sum of the transactions',
    sql: `
      SELECT s.variant_id, s.warehouse_id, s.on_hand, coalesce(t.sum, 0)::int AS transactions
      FROM inventory.stock_level s LEFT JOIN (
        SELECT variant_id, warehouse_id, sum(quantity) AS sum
        FROM inventory.inventory_transaction GROUP BY 1, 2) t USING (variant_id, warehouse_id)
      WHERE s.on_hand <> coalesce(t.sum, 0)`,
  },
  {
    name: 'reserved is the sum of the open reservations',
    sql: `
      SELECT s.variant_id, s.warehouse_id, s.reserved, coalesce(r.sum, 0)::int AS open
      FROM inventory.stock_level s LEFT JOIN (
        SELECT variant_id, warehouse_id, sum(quantity) AS sum
        FROM inventory.reservation_line JOIN inventory.reservation USING (order_id)
        WHERE status = 'OPEN' GROUP BY 1, 2) r USING (variant_id, warehouse_id)
      WHERE s.reserved <> coalesce(r.sum, 0)`,
  },
  {
    name: 'what was sold to an order is what its committed reservation says',
    sql: `
      SELECT order_id, variant_id, warehouse_id, coalesce(l.quantity, 0) AS committed, coalesce(t.sold, 0)::int AS sold
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
    name: 'a paid order has exactly its articles committed',
    sql: `
      SELECT order_id, variant_id, coalesce(i.quantity, 0)::int AS ordered, coalesce(l.quantity, 0)::int AS committed
      FROM (
        SELECT i.order_id, i.variant_id, sum(i.quantity - i.cancelled_quantity) AS quantity
        FROM orders.order_item i JOIN orders.orders o ON o.id = i.order_id
        WHERE o.order_state IN ('CONFIRMED', 'COMPLETED') AND o.payment_state IN ${paid}
        GROUP BY 1, 2
      ) i FULL JOIN (
        SELECT order_id, variant_id, sum(quantity) AS quantity
        FROM inventory.reservation_line JOIN inventory.reservation USING (order_id)
        WHERE status = 'COMMITTED' GROUP BY 1, 2
      ) l USING (order_id, variant_id)
      WHERE coalesce(i.quantity, 0) <> coalesce(l.quantity, 0)`,
  },
  {
    name: 'an open reservation is for an order that waits for its payment, or not over yet',
    sql: `
      SELECT r.order_id, r.hold_until, o.order_state, o.payment_state
      FROM inventory.reservation r LEFT JOIN orders.orders o ON o.id = r.order_id
      WHERE r.status = 'OPEN' AND CASE WHEN o.id IS NULL THEN r.hold_until <= $1
        ELSE o.order_state <> 'PENDING' OR r.hold_until <= $1 END`,
  },
];

const money: Question[] = [
  {
    name: 'what an order counts as paid is what its payments took, in its currency',
    sql: `
      SELECT o.id, o.paid_amount, o.currency_code, p.taken, p.currencies
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(captured_amount) AS taken, array_agg(DISTINCT currency_code::text) AS currencies
        FROM payments.payment WHERE status IN ${taken} GROUP BY 1) p ON p.order_id = o.id
      WHERE o.paid_amount <> coalesce(p.taken, 0) OR p.currencies <> ARRAY[o.currency_code::text]`,
  },
  {
    name: 'a paid order has been paid what it costs, and what was too much goes back',
    sql: `
      SELECT o.id, o.gross, o.cancelled_amount, o.paid_amount, coalesce(r.overpaid, 0) AS overpaid
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(amount) AS overpaid FROM orders.order_refund
        WHERE reason = 'OVERPAID' AND status <> 'FAILED' GROUP BY 1) r ON r.order_id = o.id
      WHERE o.order_state IN ('CONFIRMED', 'COMPLETED') AND o.payment_state IN ${paid}
        AND o.paid_amount - coalesce(r.overpaid, 0) <> o.gross - o.cancelled_amount`,
  },
  {
    name: 'no order keeps the money of two payments',
    sql: `
      SELECT order_id, array_agg(id) AS payments FROM payments.payment
      WHERE status IN ('SUCCEEDED', 'PARTIALLY_REFUNDED') GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    name: 'a successful payment belongs to an order that is paid or gave it back',
    sql: `
      SELECT p.id, p.order_id, p.status, o.payment_state
      FROM payments.payment p LEFT JOIN orders.orders o ON o.id = p.order_id
      WHERE p.status IN ${taken} AND coalesce(o.payment_state, 'NONE') NOT IN ${paid}`,
  },
  {
    name: 'a cancelled order gives back all that was paid',
    sql: `
      SELECT o.id, o.paid_amount, coalesce(r.back, 0) AS back
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(amount) AS back FROM orders.order_refund WHERE status <> 'FAILED' GROUP BY 1
      ) r ON r.order_id = o.id
      WHERE o.order_state = 'CANCELLED' AND o.paid_amount <> coalesce(r.back, 0)`,
  },
  {
    name: 'orders and payments agree on every refund',
    sql: `
      SELECT id, r.order_id, r.status, r.amount, p.status AS payments_status, p.amount AS payments_amount
      FROM orders.order_refund r FULL JOIN payments.refund p USING (id)
      WHERE r.order_id IS DISTINCT FROM p.order_id AND (p.id IS NOT NULL OR r.status = 'SUCCEEDED')
         OR r.order_id = p.order_id AND (r.amount <> p.amount OR (r.status = 'SUCCEEDED') <> (p.status = 'SUCCEEDED'))`,
  },
  {
    name: 'what an order counts as given back is the sum of its refunds, at payments too',
    sql: `
      SELECT o.id, o.refunded_amount, coalesce(r.sum, 0) AS refunds, coalesce(p.sum, 0) AS payments
      FROM orders.orders o
      LEFT JOIN (SELECT order_id, sum(amount) FROM orders.order_refund WHERE status = 'SUCCEEDED' GROUP BY 1) r
        ON r.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(refunded_amount) FROM payments.payment GROUP BY 1) p ON p.order_id = o.id
      WHERE o.refunded_amount <> coalesce(r.sum, 0) OR o.refunded_amount <> coalesce(p.sum, 0)`,
  },
  {
    name: 'a promotion was used as often as orders say that count',
    sql: `
      SELECT p.id, p.redeemed_count, count(r.order_id)::int AS redemptions,
        count(o.id) FILTER (WHERE o.order_state = 'CANCELLED')::int AS cancelled
      FROM orders.promotion p LEFT JOIN orders.promotion_redemption r ON r.promotion_id = p.id
      LEFT JOIN orders.orders o ON o.id = r.order_id
      GROUP BY 1 HAVING p.redeemed_count <> count(r.order_id) OR count(o.id) FILTER (WHERE o.order_state = 'CANCELLED') > 0`,
  },
  {
    name: 'a key that says an order was placed has that order, and every order such a key',
    sql: `
      SELECT coalesce(k."orderId", o.id::text) AS id, k.key FROM (
        SELECT key, outcome->>'orderId' AS "orderId" FROM orders.idempotency_key
        WHERE operation = 'placeOrder' AND outcome->'placed' = 'true') k
      FULL JOIN orders.orders o ON o.id::text = k."orderId" WHERE o.id IS NULL OR k.key IS NULL`,
  },
];

const waiting: Question[] = [
  {
    name: 'an order that waits for its payment has a timer',
    sql: withoutTimer(
      'orders',
      'OrderPaymentDue',
      `SELECT id, id AS timer_of, payment_due_at FROM orders.orders
       WHERE order_state = 'PENDING' AND payment_state IN ('NONE', 'FAILED')`,
    ),
  },
  {
    name: 'a refund that is asked for has a timer',
    sql: withoutTimer(
      'orders',
      'RefundDue',
      `SELECT id, order_id AS timer_of FROM orders.order_refund WHERE status = 'REQUESTED'`,
      `i.payload->>'refundId' = w.id::text`,
    ),
  },
  {
    name: 'a payment that may still take money has a timer',
    sql: withoutTimer(
      'payments',
      'PaymentCheck',
      `SELECT id, id AS timer_of, status FROM payments.payment WHERE holds_order AND status NOT IN ${taken}`,
    ),
  },
  {
    name: 'a refund that the provider works on has a timer',
    sql: withoutTimer(
      'payments',
      'RefundCheck',
      `SELECT id, id AS timer_of FROM payments.refund WHERE status = 'PENDING'`,
    ),
  },
  {
    name: 'an open reservation has a timer',
    sql: withoutTimer(
      'inventory',
      'ReservationExpiry',
      `SELECT order_id, order_id AS timer_of FROM inventory.reservation WHERE status = 'OPEN'`,
    ),
  },
];

const events: Question[] = [
  {
    name: 'every event was relayed',
    sql: ofEverySchema(
      (schema) =>
        `SELECT '${schema}' AS schema, id, type, occurred_at FROM ${schema}.outbox WHERE relayed_at IS NULL`,
    ),
  },
  {
    name: 'every event reached every consumer that subscribed to its type',
    // A consumer that began to subscribe later has no message of an earlier event: it counts from its first one on.
    sql: ofEverySchema((publisher) =>
      subgraphNames
        .map(
          (schema) => `
      SELECT '${publisher}' AS publisher, '${schema}' AS schema, s.consumer, o.id, o.type
      FROM ${publisher}.outbox o JOIN ${schema}.event_subscription s ON s.event_type = o.type
      WHERE NOT EXISTS (SELECT FROM ${schema}.inbox i WHERE i.consumer = s.consumer AND i.event_id = o.id)
        AND EXISTS (SELECT FROM ${schema}.inbox i
          WHERE i.consumer = s.consumer AND i.type = o.type AND i.event_id < o.id)`,
        )
        .join('\nUNION ALL\n'),
    ),
  },
  {
    name: 'every message that is due is done or dead',
    sql: ofEverySchema(
      (schema) => `
      SELECT '${schema}' AS schema, i.consumer, i.type, i.event_id, i.attempts, i.last_error
      FROM ${schema}.inbox i LEFT JOIN ${schema}.dead_letter d USING (consumer, event_id)
      WHERE d.event_id IS NULL AND (i.done_at IS NULL AND i.run_at <= $1 OR i.done_at IS NOT NULL AND i.last_error IS NOT NULL)`,
    ),
  },
];

export const questions: readonly Question[] = [...stock, ...money, ...waiting, ...events];

/** Asks every question and gives those that found something; empty: all holds. `at` by the shop's clock. */
export async function askLedger(client: pg.Client, at: Date): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { name, sql } of questions) {
    const values = sql.includes('$1') ? [at] : [];
    const { rows } = await client.query<Record<string, unknown>>(sql, values);
    if (rows.length > 0) violations.push({ question: name, rows });
  }
  return violations;
}

/** Asks until all holds, at most `patienceMs`: what was under way may end. The violations that stay. */
export async function askAtRest(
  client: pg.Client,
  patienceMs: number,
  clock: () => Date = () => new Date(),
): Promise<Violation[]> {
  for (const end = Date.now() + patienceMs; ;) {
    const violations = await askLedger(client, clock());
    if (violations.length === 0 || Date.now() > end) return violations;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
