/**
 * The faults that each question is for, planted in one shop (tests/crash/ledger.test.ts): orders `:paid`, `:cancelled`
 * (paid before) and `:open`, `:gone` the customer of a paid order who deleted their account, `:staff` a member of staff.
 * Foreign keys and triggers look away; what the database itself refuses is taken off first.
 */
type Faults = Record<string, string[]>;

const backorderable = (waiting: number): string => `
  INSERT INTO inventory.backorder_policy (variant_id, policy, waiting, updated_at)
  SELECT DISTINCT variant_id, 'BACKORDER', ${waiting}, now() FROM inventory.stock_level`;
/** One piece of the order waits. */
const backordered = (orderId: string): string => `${backorderable(1)};
  INSERT INTO inventory.backorder (order_id, variant_id, quantity, created_at, updated_at)
  SELECT DISTINCT ${orderId}::uuid, variant_id, 1, now(), now() - interval '1 hour' FROM inventory.stock_level`;

/** One piece was sent and is on its way, and then something of that is changed. */
const transferred = (status: string, change: string): string => `
  INSERT INTO inventory.stock_transfer (id, from_warehouse_id, to_warehouse_id, status, created_at, shipped_at, closed_at)
  SELECT :open, warehouse_id, gen_random_uuid(), '${status}', now(), CASE WHEN '${status}' <> 'DRAFT' THEN now() END,
    CASE WHEN '${status}' = 'RECEIVED' THEN now() END FROM inventory.stock_level LIMIT 1;
  INSERT INTO inventory.stock_transfer_line (transfer_id, variant_id, quantity)
  SELECT :open, variant_id, 1 FROM inventory.stock_level LIMIT 1;
  INSERT INTO inventory.inventory_transaction (id, variant_id, warehouse_id, type, quantity, reason, reference, occurred_at)
  SELECT gen_random_uuid(), l.variant_id, t.from_warehouse_id, 'TRANSFER', -1, 'Transfer', t.id::text, now()
  FROM inventory.stock_transfer t JOIN inventory.stock_transfer_line l ON l.transfer_id = t.id;
  UPDATE inventory.stock_transfer_line SET ${change}`;

/** A parcel of the paid order with so many lines of so many pieces, and something else about it. */
const parcel = (pieces: string, more: { service?: string; status?: string; item?: string } = {}): string => `
  INSERT INTO orders.shipment (id, order_id, carrier, status, created_at, service, label_id, label_url, label_amount,
    label_currency, tracking_number, lines)
  SELECT gen_random_uuid(), order_id, 'Cog', '${more.status ?? 'LABEL_REQUESTED'}', now(), '${more.service ?? 'standard'}',
    ${more.status ? `'lb_x', 'https://a.example', 100, 'EUR', 'T1'` : 'NULL, NULL, NULL, NULL, NULL'},
    (SELECT jsonb_agg(jsonb_build_object('itemId', ${more.item ?? 'i.id'}, 'quantity', q)) FROM unnest(ARRAY[${pieces}]) q)
  FROM orders.order_item i WHERE order_id = :paid`;

/** All of the paid order was sent, and so many pieces of it are in a return. */
const returning = (asked: number, status: string, came: number | null = null): string => `
  UPDATE orders.order_item SET shipped_quantity = quantity WHERE order_id = :paid;
  INSERT INTO orders.order_return (id, order_id, lines, reason, status, restocked, received, requested_at, decided_at, received_at)
  SELECT gen_random_uuid(), order_id, jsonb_build_array(jsonb_build_object('itemId', id, 'quantity', ${asked})), 'OTHER',
    '${status}', ${came === null ? 'NULL, NULL' : `true, jsonb_build_array(jsonb_build_object('itemId', id, 'quantity', ${came}, 'restocked', true))`},
    now(), ${status === 'REQUESTED' ? 'NULL' : 'now()'}, ${came === null ? 'NULL' : 'now()'}
  FROM orders.order_item WHERE order_id = :paid`;
const refundedFor = (amount: string, reason: string): string => `
  INSERT INTO orders.order_refund (id, order_id, amount, reason, status, requested_at)
  SELECT gen_random_uuid(), order_id, ${amount}, '${reason}', 'SUCCEEDED', now() FROM orders.order_item WHERE order_id = :paid`;

const stock: Faults = {
  'stock.on-hand': ['UPDATE inventory.stock_level SET on_hand = on_hand + 1'],
  'stock.reserved': ['UPDATE inventory.stock_level SET reserved = reserved + 1'],
  'stock.never-oversold': [
    `ALTER TABLE inventory.stock_level DROP CONSTRAINT stock_level_never_oversold;
     UPDATE inventory.stock_level SET reserved = on_hand + 1`,
    `ALTER TABLE inventory.stock_level DROP CONSTRAINT stock_level_never_oversold;
     UPDATE inventory.stock_level SET reserved = -1`,
  ],
  'stock.sold': [
    `UPDATE inventory.inventory_transaction SET quantity = -2 WHERE reference = :paid::text`,
    `DELETE FROM inventory.inventory_transaction WHERE reference = :cancelled::text AND type = 'RETURN'`,
  ],
  'stock.paid-orders': [
    `UPDATE inventory.reservation SET status = 'RELEASED' WHERE order_id = :paid`,
    `UPDATE inventory.reservation SET status = 'COMMITTED' WHERE order_id = :cancelled`,
  ],
  'stock.waiting-orders': [
    `UPDATE inventory.reservation_line SET quantity = quantity + 1 WHERE order_id = :open`,
    `UPDATE orders.order_item SET cancelled_quantity = 1 WHERE order_id = :open`,
    `DELETE FROM inventory.reservation_line WHERE order_id = :open`,
  ],
  'stock.held': [
    `UPDATE inventory.reservation SET status = 'OPEN' WHERE order_id = :paid`,
    `UPDATE inventory.reservation SET hold_until = now() - interval '1 hour' WHERE order_id = :open`,
    `UPDATE inventory.reservation SET order_id = gen_random_uuid(), hold_until = now() - interval '1 hour'
     WHERE order_id = :open`,
  ],
  'stock.transfers': [
    transferred('IN_TRANSIT', 'received = 1'),
    transferred('IN_TRANSIT', 'quantity = 2'),
    transferred('RECEIVED', 'received = 0'),
    transferred('DRAFT', 'received = 0'),
  ],
  'stock.backorders': [`${backorderable(1)}`],
  'stock.backorders-agree': [
    backordered(':open'),
    `UPDATE orders.order_item SET backordered_quantity = 1 WHERE order_id = :paid`,
  ],
  'stock.backorders-end': [backordered(':cancelled')],
  'stock.backorders-filled': [
    `${backordered(':open')}; UPDATE inventory.stock_level SET on_hand = on_hand + 1`,
  ],
};

const money: Faults = {
  'money.paid': [
    `UPDATE payments.payment SET captured_amount = captured_amount + 1 WHERE order_id = :paid`,
    `UPDATE payments.payment SET currency_code = 'USD' WHERE order_id = :paid`,
    `DELETE FROM payments.payment WHERE order_id = :paid`,
  ],
  'money.noted': [
    `UPDATE orders.order_payment SET amount = amount + 1 WHERE order_id = :paid`,
    `UPDATE orders.order_payment SET status = 'FAILED' WHERE order_id = :paid`,
  ],
  'money.price': [`UPDATE orders.orders SET paid_amount = paid_amount - 1 WHERE id = :paid`],
  'money.paid-once': [
    `INSERT INTO payments.payment SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(),
       'attempt_key', 'again', 'holds_order', false, 'provider_intent_id', 'pi_again'))).*
     FROM payments.payment p WHERE order_id = :paid`,
  ],
  'money.used': [
    `UPDATE payments.payment SET order_id = :open WHERE order_id = :paid`,
    `UPDATE orders.orders SET payment_state = 'FAILED' WHERE id = :paid`,
  ],
  'money.denied': [
    `UPDATE payments.risk_assessment SET decision = 'REFUSED'
     WHERE payment_id IN (SELECT id FROM payments.payment WHERE order_id = :paid)`,
    `UPDATE payments.compliance_check SET passed = false, reasons = '{COUNTRY_SANCTIONED}'
     WHERE payment_id IN (SELECT id FROM payments.payment WHERE order_id = :paid)`,
    `UPDATE payments.risk_assessment SET reasons = '[{"code": "DENIED_EMAIL"}]'
     WHERE payment_id IN (SELECT id FROM payments.payment WHERE order_id = :paid)`,
  ],
  'money.cancelled': [
    `UPDATE orders.order_refund SET amount = amount - 1 WHERE order_id = :cancelled`,
    `UPDATE orders.orders SET order_state = 'CANCELLED' WHERE id = :paid`,
  ],
  'money.refunds-within-paid': [
    `UPDATE orders.order_refund SET amount = amount + 1 WHERE order_id = :cancelled`,
    `ALTER TABLE orders.orders DROP CONSTRAINT orders_check1;
     UPDATE orders.orders SET refunded_amount = paid_amount + 1 WHERE id = :paid`,
  ],
  'money.refunds-within-captured': [
    `UPDATE payments.refund SET amount = amount - 1 WHERE order_id = :cancelled`,
    `UPDATE payments.refund SET status = 'FAILED', failure_code = 'x' WHERE order_id = :cancelled`,
    `UPDATE payments.payment SET amount = amount - 1 WHERE order_id = :paid`,
    `ALTER TABLE payments.payment DROP CONSTRAINT payment_refunds_within_captured;
     ALTER TABLE payments.payment DROP CONSTRAINT payment_refund_status;
     UPDATE payments.refund SET amount = amount + 1 WHERE order_id = :cancelled;
     UPDATE payments.payment SET refunded_amount = refunded_amount + 1,
       refund_requested_amount = refund_requested_amount + 1 WHERE order_id = :cancelled`,
  ],
  'money.refunds-agree': [
    `DELETE FROM payments.refund WHERE order_id = :cancelled`,
    `DELETE FROM orders.order_refund WHERE order_id = :cancelled`,
    `UPDATE payments.refund SET amount = amount - 1 WHERE order_id = :cancelled`,
    `UPDATE orders.order_refund SET status = 'FAILED' WHERE order_id = :cancelled`,
  ],
  'money.captures': [
    `UPDATE payments.payment SET capture_method = 'MANUAL', capture_id = gen_random_uuid(),
       capture_amount = captured_amount - 1, capture_requested_at = now() WHERE order_id = :paid`,
    `ALTER TABLE payments.payment DROP CONSTRAINT payment_capture_within_authorized;
     UPDATE payments.payment SET capture_method = 'MANUAL', capture_id = gen_random_uuid(), capture_amount = amount + 1,
       capture_requested_at = now() WHERE order_id = :paid`,
    `ALTER TABLE payments.payment DROP CONSTRAINT payment_capture_or_cancel;
     UPDATE payments.payment SET capture_method = 'MANUAL', capture_id = gen_random_uuid(),
       capture_amount = captured_amount, capture_requested_at = now(), cancel_requested_at = now() WHERE order_id = :paid`,
  ],
  'money.returned': [
    refundedFor('100', 'RETURNED'),
    `${returning(1, 'RECEIVED', 1)}; ${refundedFor('gross + 2', 'RETURNED')}`,
    `${returning(1, 'RECEIVED', 1)}; ${refundedFor('10', 'RETURNED')}; ${refundedFor('10', 'RETURNED')}`,
  ],
  'money.refunded': [
    `UPDATE orders.orders SET refunded_amount = refunded_amount - 1 WHERE id = :cancelled`,
    `UPDATE payments.payment SET status = 'SUCCEEDED', refunded_amount = 0 WHERE order_id = :cancelled`,
  ],
};

const orders: Faults = {
  'orders.sums': [
    `UPDATE orders.orders SET subtotal = subtotal + 1 WHERE id = :paid`,
    `UPDATE orders.orders SET discount = discount + 1 WHERE id = :paid`,
    `UPDATE orders.orders SET net = net + 1, gross = gross + 1 WHERE id = :paid`,
    `UPDATE orders.orders SET shipping_tax = shipping_tax + 1, shipping_gross = shipping_gross + 1 WHERE id = :paid`,
    `UPDATE orders.order_item SET net = net + 1, tax = tax - 1 WHERE order_id = :paid`,
    `UPDATE orders.orders SET tax_included = NOT tax_included WHERE id = :paid`,
    `DELETE FROM orders.order_item WHERE order_id = :open`,
    `ALTER TABLE orders.orders DROP CONSTRAINT orders_sum; ALTER TABLE orders.order_item DROP CONSTRAINT order_item_sum;
     UPDATE orders.orders SET tax = tax + 1 WHERE id = :paid;
     UPDATE orders.order_item SET tax = tax + 1 WHERE order_id = :paid`,
  ],
  'orders.status': [
    `UPDATE orders.orders SET status = 'SHIPPED' WHERE id = :paid`,
    `UPDATE orders.orders SET fulfilment_state = 'SHIPPED' WHERE id = :paid`,
  ],
  'orders.axes': [
    `UPDATE orders.orders SET order_state = 'PENDING' WHERE id = :paid`,
    `UPDATE orders.orders SET order_state = 'COMPLETED' WHERE id = :paid`,
    `UPDATE orders.orders SET order_state = 'CONFIRMED' WHERE id = :open`,
    `UPDATE orders.orders SET payment_state = 'AUTHORIZED' WHERE id = :paid`,
    `UPDATE orders.orders SET payment_state = 'PARTIALLY_REFUNDED' WHERE id = :paid`,
    `UPDATE orders.orders SET payment_state = 'REFUNDED' WHERE id = :paid`,
    `UPDATE orders.orders SET payment_state = 'PAID' WHERE id = :cancelled`,
    `UPDATE orders.orders SET payment_state = 'PARTIALLY_REFUNDED' WHERE id = :cancelled`,
    `UPDATE orders.orders SET fulfilment_state = 'SHIPPED' WHERE id = :paid`,
    `UPDATE orders.order_item SET shipped_quantity = 1 WHERE order_id = :paid`,
  ],
  'orders.shipped': [
    `UPDATE orders.order_item SET shipped_quantity = 1 WHERE order_id = :paid`,
    `INSERT INTO orders.shipment (id, order_id, carrier, status, created_at, shipped_at, lines)
     SELECT gen_random_uuid(), order_id, 'Cog', 'IN_TRANSIT', now(), now(), jsonb_build_array(jsonb_build_object('itemId', id, 'quantity', 1))
     FROM orders.order_item WHERE order_id = :paid`,
    `ALTER TABLE orders.order_item DROP CONSTRAINT order_item_quantities, DROP CONSTRAINT order_item_backordered;
     UPDATE orders.order_item SET cancelled_quantity = quantity + 1 WHERE order_id = :cancelled`,
  ],
  'orders.parcels': [
    parcel('1', { item: 'gen_random_uuid()' }),
    parcel('0'),
    parcel('2'),
    parcel('1, 1'),
    `ALTER TABLE orders.shipment DROP CONSTRAINT shipment_status;
     ${parcel('1', { status: 'IN_TRANSIT' })}; UPDATE orders.shipment SET label_id = NULL`,
  ],
  'orders.returned': [
    returning(2, 'REQUESTED'),
    `${returning(1, 'APPROVED')}; ${returning(1, 'REQUESTED')}`,
    returning(1, 'RECEIVED', 2),
  ],
  'orders.number': [
    `DELETE FROM orders.order_number WHERE order_id = :paid`,
    `DELETE FROM orders.orders WHERE id = :paid`,
    `UPDATE orders.orders SET number = (SELECT number FROM orders.orders WHERE id = :open) WHERE id = :paid`,
  ],
  'orders.promotions': [
    `UPDATE orders.promotion SET redeemed_count = redeemed_count + 1`,
    `UPDATE orders.orders SET order_state = 'CANCELLED' WHERE id = :open`,
    `DELETE FROM orders.orders WHERE id = :open`,
  ],
  'orders.promotion-limits': [
    `ALTER TABLE orders.promotion DROP CONSTRAINT promotion_limit; UPDATE orders.promotion SET limit_total = 1`,
    `UPDATE orders.promotion SET limit_per_customer = 1; UPDATE orders.promotion_redemption SET ordinal = 2`,
    `DROP INDEX orders.promotion_redemption_once; UPDATE orders.promotion SET limit_per_customer = 1;
     UPDATE orders.promotion_redemption SET customer_id = :gone`,
  ],
  'orders.placed-once': [
    `DELETE FROM orders.orders WHERE id = :open`,
    `DELETE FROM orders.idempotency_key WHERE outcome->>'orderId' = :open::text`,
    `INSERT INTO orders.idempotency_key SELECT (jsonb_populate_record(k, '{"key": "another"}')).*
     FROM orders.idempotency_key k WHERE outcome->>'orderId' = :open::text`,
  ],
};

const waiting: Faults = {
  'waiting.orders': [
    `DELETE FROM orders.inbox WHERE type = 'OrderPaymentDue' AND aggregate_id = :open`,
    `UPDATE orders.inbox SET done_at = now() WHERE type = 'OrderPaymentDue' AND aggregate_id = :open`,
  ],
  'waiting.order-edits': [
    `INSERT INTO orders.order_edit (id, order_id, version, status, created_at)
     VALUES (gen_random_uuid(), :open, 1, 'OPEN', now())`,
  ],
  'waiting.order-refunds': [
    `UPDATE orders.order_refund SET status = 'REQUESTED' WHERE order_id = :cancelled;
     UPDATE orders.inbox SET done_at = now() WHERE type = 'RefundDue'`,
    `UPDATE orders.order_refund SET status = 'REQUESTED' WHERE order_id = :cancelled;
     UPDATE orders.inbox SET done_at = NULL, run_at = now() + interval '1 hour', payload = '{"refundId": "another"}'
     WHERE type = 'RefundDue'`,
  ],
  'waiting.payments': [
    `UPDATE payments.payment SET status = 'PENDING', captured_amount = 0, holds_order = true WHERE order_id = :paid`,
    `UPDATE payments.payment SET status = 'AUTHORIZED', captured_amount = 0, holds_order = false WHERE order_id = :paid`,
    `UPDATE payments.payment SET status = 'FAILED', failure_code = 'x', captured_amount = 0, holds_order = true
     WHERE order_id = :paid`,
  ],
  'waiting.payment-refunds': [`UPDATE payments.refund SET status = 'PENDING' WHERE order_id = :cancelled`],
  'waiting.payment-method-setups': [
    `INSERT INTO payments.provider_customer (customer_id, provider_customer_id, created_at)
     VALUES (:gone, 'cus_x', now()) ON CONFLICT DO NOTHING;
     INSERT INTO payments.payment_method_setup (id, customer_id, provider_method_id, make_default, status, version,
       deadline, created_at, updated_at)
     VALUES (gen_random_uuid(), :gone, 'pm_x', false, 'REQUIRES_ACTION', 1, now(), now(), now())`,
  ],
  'waiting.disputes': [
    `INSERT INTO payments.dispute (id, provider_dispute_id, payment_id, order_id, amount, currency_code, status, version,
       reason, opened_at, updated_at)
     SELECT gen_random_uuid(), 'du_x', id, order_id, 1, currency_code, 'INQUIRY', 1, 'general', now(), now()
     FROM payments.payment WHERE order_id = :paid`,
  ],
  'waiting.labels': [parcel('1')],
  'waiting.parcels': [parcel('1', { status: 'LABEL_CREATED' })],
  'waiting.returns': [returning(1, 'REQUESTED'), returning(1, 'APPROVED')],
  'waiting.reservations': [
    `DELETE FROM inventory.inbox WHERE type = 'ReservationExpiry' AND aggregate_id = :open`,
  ],
};

const events: Faults = {
  'events.relayed': [
    `UPDATE orders.outbox SET relayed_at = NULL WHERE aggregate_id = :paid`,
    `UPDATE payments.outbox SET relayed_at = NULL`,
  ],
  'events.delivered': [
    `DELETE FROM inventory.inbox WHERE type = 'OrderPaid' AND aggregate_id = :cancelled`,
    `DELETE FROM recommendations.inbox WHERE type = 'OrderPaid' AND aggregate_id = :cancelled`,
  ],
  'events.handled': [
    `UPDATE inventory.inbox SET done_at = NULL WHERE type = 'OrderPaid' AND aggregate_id = :paid`,
    `UPDATE inventory.inbox SET done_at = NULL, lease_until = now() - interval '1 hour' WHERE type = 'OrderPaid' AND aggregate_id = :paid`,
    `UPDATE orders.inbox SET last_error = 'buried without a letter' WHERE done_at IS NOT NULL`,
  ],
  'events.in-sequence': [
    `DELETE FROM orders.outbox WHERE aggregate_id = :paid AND aggregate_seq = 2`,
    `DELETE FROM orders.outbox WHERE aggregate_id = :paid AND aggregate_seq =
       (SELECT last_seq FROM orders.aggregate_sequence WHERE aggregate_id = :paid)`,
    `DELETE FROM payments.aggregate_sequence`,
  ],
};

const deleted = (who: string): string => `
  ALTER TABLE users.user_account DROP CONSTRAINT user_account_forgotten;
  UPDATE users.user_account SET deleted_at = created_at + interval '1 second' WHERE id = ${who};`;
const nobody = 'gen_random_uuid()';

const persons: Faults = {
  'persons.sealed': [
    `DELETE FROM users.subject_key WHERE subject_id = :staff`,
    `INSERT INTO users.address (id, user_id, type, is_default, details, created_at, updated_at)
     VALUES (${nobody}, ${nobody}, 'BOTH', false, '\\x00', now(), now())`,
    `UPDATE orders.orders SET customer_id = ${nobody} WHERE id = :paid`,
    `UPDATE orders.cart SET customer_id = ${nobody}, email = '\\x00'`,
    `DELETE FROM payments.subject_key`,
    `INSERT INTO payments.payment_method (id, customer_id, provider_method_id, type, sealed, is_default, created_at)
     VALUES (${nobody}, ${nobody}, 'pm_x', 'CREDIT_CARD', '\\x00', false, now())`,
    `INSERT INTO recommendations.behaviour_event (subject_id, event_id, type, query, occurred_at)
     VALUES (${nobody}, ${nobody}, 'SEARCH', '\\x00', now())`,
  ],
  'persons.forgotten': [
    deleted(':staff'),
    ...['orders', 'payments', 'recommendations'].map(
      (schema) => `INSERT INTO ${schema}.subject_key (subject_id, wrapped, master_key_id, created_at)
        VALUES (:gone, '\\x00', 'x', now() - interval '1 hour')`,
    ),
  ],
  'persons.unsigned': [
    `INSERT INTO catalog.review (id, product_id, customer_id, rating, created_at)
     SELECT ${nobody}, id, :gone, 5, now() FROM catalog.product`,
    `UPDATE users.user_account SET deleted_at = now() - interval '1 hour' WHERE id = :gone;
     INSERT INTO recommendations.behaviour_event (subject_id, event_id, type, query, occurred_at)
     VALUES (:gone, ${nobody}, 'SEARCH', '\\x00', now())`,
  ],
  'persons.listed': [
    `INSERT INTO payments.risk_list_entry (id, list, kind, key, customer_id, reason, added_at)
     VALUES (${nobody}, 'DENY', 'CUSTOMER', 'CUSTOMER:x', :gone, 'A fault', now() - interval '2 hours');
     UPDATE users.user_account SET deleted_at = now() - interval '1 hour' WHERE id = :gone`,
  ],
  'persons.customers': [`UPDATE orders.orders SET guest = false WHERE id = :paid`],
  'persons.sessions': [
    deleted(':staff'),
    `UPDATE users.session SET subject_id = ${nobody} WHERE subject_id = :staff`,
    `UPDATE users.session SET ended_at = NULL, end_reason = NULL WHERE subject_id = :gone`,
  ],
  'persons.refresh-tokens': [
    `UPDATE users.refresh_token SET expires_at = expires_at + interval '10 years'`,
    `DELETE FROM users.session`,
  ],
  'persons.signing-key': [
    `UPDATE users.signing_key SET retired_at = now()`,
    `DROP INDEX users.signing_key_in_use; INSERT INTO users.signing_key
     SELECT (jsonb_populate_record(k, '{"kid": "second"}')).* FROM users.signing_key k`,
  ],
};

const catalogue: Faults = {
  'catalogue.ratings': [
    `UPDATE catalog.product SET rating_count = rating_count + 1, rating_sum = rating_sum + 5`,
    `INSERT INTO catalog.review (id, product_id, rating, created_at) SELECT ${nobody}, id, 5, now() FROM catalog.product`,
  ],
  'catalogue.lineage': [
    `WITH ids AS (SELECT ${nobody} AS id, ${nobody} AS parent_id)
     INSERT INTO catalog.category (id, handle, name, parent_id, lineage, path, created_at)
     SELECT id, 'orphan', 'Orphan', parent_id, ARRAY[parent_id, id], 'Orphan', now() FROM ids`,
    `WITH ids AS (SELECT ${nobody} AS id, ${nobody} AS parent_id, ${nobody} AS stranger)
     INSERT INTO catalog.category (id, handle, name, parent_id, lineage, path, created_at)
     SELECT parent_id, 'root', 'Root', NULL, ARRAY[parent_id], 'Root', now() FROM ids
     UNION ALL SELECT id, 'child', 'Child', parent_id, ARRAY[stranger, parent_id, id], 'Child', now() FROM ids`,
  ],
};

export const faults: Faults = {
  ...stock,
  ...money,
  ...orders,
  ...waiting,
  ...events,
  ...persons,
  ...catalogue,
};
