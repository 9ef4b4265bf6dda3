/** Money: what orders cost, what payments took, what went back. */
import { captures } from './after-sale.js';
import { paid, taken, type Question } from './question.js';

const wanted = `order_state IN ('CONFIRMED', 'COMPLETED') AND payment_state IN ${paid}`;
/** Per order what was asked to go back and did not fail. */
const asked = `SELECT order_id, sum(amount) AS asked FROM orders.order_refund WHERE status <> 'FAILED' GROUP BY 1`;

const payments: Question[] = [
  {
    name: 'money.paid',
    holds: 'what an order counts as paid is what its payments took, in its currency',
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.paid_amount, o.currency_code, p.taken, p.currencies, greatest(o.updated_at, p.updated_at) AS moved_at
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(captured_amount) AS taken, array_agg(DISTINCT currency_code::text) AS currencies,
          max(updated_at) AS updated_at
        FROM payments.payment WHERE status IN ${taken} GROUP BY 1) p ON p.order_id = o.id
      WHERE o.paid_amount <> coalesce(p.taken, 0) OR p.currencies <> ARRAY[o.currency_code::text]`,
  },
  {
    name: 'money.noted',
    holds: 'what an order counts as paid is the sum of the successful payments that it notes',
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.paid_amount, coalesce(p.noted, 0) AS noted
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(amount) AS noted FROM orders.order_payment WHERE status = 'SUCCEEDED' GROUP BY 1
      ) p ON p.order_id = o.id
      WHERE o.paid_amount <> coalesce(p.noted, 0)`,
  },
  {
    name: 'money.price',
    holds: 'a paid order has been paid what it costs, and what was too much goes back',
    looksAt: `orders.orders WHERE ${wanted}`,
    sql: `
      SELECT o.id, o.gross, o.cancelled_amount, o.paid_amount, coalesce(r.overpaid, 0) AS overpaid
      FROM orders.orders o LEFT JOIN (
        SELECT order_id, sum(amount) AS overpaid FROM orders.order_refund
        WHERE reason = 'OVERPAID' AND status <> 'FAILED' GROUP BY 1) r ON r.order_id = o.id
      WHERE ${wanted} AND o.paid_amount - coalesce(r.overpaid, 0) <> o.gross - o.cancelled_amount`,
  },
  {
    name: 'money.paid-once',
    holds: 'no order keeps the money of two payments',
    looksAt: `payments.payment WHERE status IN ${taken}`,
    sql: `
      SELECT order_id, array_agg(id) AS payments, max(updated_at) AS moved_at FROM payments.payment
      WHERE status IN ('SUCCEEDED', 'PARTIALLY_REFUNDED') GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    name: 'money.used',
    holds: 'a successful payment belongs to an order that is paid, or goes back whole',
    looksAt: `payments.payment WHERE status IN ${taken}`,
    sql: `
      SELECT p.id, p.order_id, p.status, o.payment_state, greatest(p.updated_at, o.updated_at) AS moved_at
      FROM payments.payment p LEFT JOIN orders.orders o ON o.id = p.order_id
      WHERE p.status IN ${taken} AND coalesce(o.payment_state, 'NONE') NOT IN ${paid}
        AND (o.id IS NULL OR p.refund_requested_amount < p.captured_amount)`,
  },
  {
    name: 'money.denied',
    holds: "what the shop's own rules and lists refuse never reaches the provider, and takes nothing",
    looksAt: 'payments.risk_assessment',
    sql: `
      SELECT p.id, p.order_id, p.status, p.captured_amount, p.provider_intent_id, r.decision, c.passed
      FROM payments.payment p JOIN payments.risk_assessment r ON r.payment_id = p.id
      JOIN payments.compliance_check c ON c.payment_id = p.id
      WHERE (r.decision = 'REFUSED' OR NOT c.passed OR r.reasons @? '$[*] ? (@.code starts with "DENIED_")')
        AND (p.status <> 'FAILED' OR p.holds_order OR p.called_at IS NOT NULL OR p.provider_intent_id IS NOT NULL)`,
  },
];

const refunds: Question[] = [
  {
    name: 'money.cancelled',
    holds: 'a cancelled order gives back all that was paid',
    looksAt: `orders.orders WHERE order_state = 'CANCELLED'`,
    sql: `
      SELECT o.id, o.paid_amount, coalesce(r.asked, 0) AS back
      FROM orders.orders o LEFT JOIN (${asked}) r ON r.order_id = o.id
      WHERE o.order_state = 'CANCELLED' AND o.paid_amount <> coalesce(r.asked, 0)`,
  },
  {
    name: 'money.refunds-within-paid',
    holds: 'no order gives back more than was paid',
    looksAt: 'orders.order_refund',
    sql: `
      SELECT o.id, o.paid_amount, o.refunded_amount, r.asked FROM orders.orders o LEFT JOIN (${asked}) r ON r.order_id = o.id
      WHERE r.asked > o.paid_amount OR NOT (0 <= o.refunded_amount AND o.refunded_amount <= o.paid_amount)`,
  },
  {
    name: 'money.refunds-within-captured',
    holds:
      'no payment gives back more than it took, or took more than it was made for; its sums are those of its refunds',
    looksAt: 'payments.payment',
    sql: `
      SELECT p.id, p.order_id, p.amount, p.captured_amount, p.refund_requested_amount, p.refunded_amount,
        coalesce(r.requested, 0) AS requested, coalesce(r.refunded, 0) AS refunded
      FROM payments.payment p LEFT JOIN (
        SELECT payment_id, sum(amount) FILTER (WHERE status <> 'FAILED') AS requested,
          sum(amount) FILTER (WHERE status = 'SUCCEEDED') AS refunded
        FROM payments.refund GROUP BY 1) r ON r.payment_id = p.id
      WHERE p.refund_requested_amount <> coalesce(r.requested, 0) OR p.refunded_amount <> coalesce(r.refunded, 0)
        OR NOT (p.refunded_amount <= p.refund_requested_amount AND p.refund_requested_amount <= p.captured_amount
                AND p.captured_amount <= p.amount)`,
  },
  {
    name: 'money.refunds-agree',
    holds: 'orders and payments agree on every refund',
    looksAt: '(SELECT id FROM orders.order_refund UNION SELECT id FROM payments.refund) r',
    sql: `
      SELECT coalesce(r.id, p.id) AS id, r.order_id, r.status, r.amount, p.status AS payments_status, p.amount AS payments_amount,
        greatest(o.updated_at, r.requested_at, p.updated_at) AS moved_at
      FROM orders.order_refund r FULL JOIN payments.refund p ON p.id = r.id
      LEFT JOIN orders.orders o ON o.id = coalesce(r.order_id, p.order_id)
      WHERE r.order_id IS DISTINCT FROM p.order_id AND (p.id IS NOT NULL OR r.status = 'SUCCEEDED')
         OR r.order_id = p.order_id AND (r.amount <> p.amount OR (r.status = 'SUCCEEDED') <> (p.status = 'SUCCEEDED'))`,
  },
  {
    name: 'money.refunded',
    holds: 'what an order counts as given back is the sum of its refunds, at payments too',
    looksAt: 'orders.orders',
    sql: `
      SELECT o.id, o.refunded_amount, coalesce(r.sum, 0) AS refunds, coalesce(p.sum, 0) AS payments,
        CASE WHEN o.refunded_amount = coalesce(r.sum, 0) THEN greatest(o.updated_at, p.updated_at) END AS moved_at
      FROM orders.orders o
      LEFT JOIN (SELECT order_id, sum(amount) FROM orders.order_refund WHERE status = 'SUCCEEDED' GROUP BY 1) r
        ON r.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(refunded_amount), max(updated_at) AS updated_at
                 FROM payments.payment GROUP BY 1) p ON p.order_id = o.id
      WHERE o.refunded_amount <> coalesce(r.sum, 0) OR o.refunded_amount <> coalesce(p.sum, 0)`,
  },
];

export const money: Question[] = [...payments, ...refunds, ...captures];
