import type { Fragment } from '../../shared/events/consequences.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';
import type { Page } from '../../shared/pages.js';
import { openCart } from '../cart/open.js';
import { changesOf, insertsOf, orderOf, toJson, type OrderRow } from './records.js';
import { type Order, type OrderNote } from './rules.js';
import { statusOf, type OrderStatus } from './states.js';

/** The whole aggregate in one row. Amounts inside JSON are text: JSON's numbers end at 2^53. */
const columns = Prisma.sql`
  o.id, o.number, o.customer_id, o.guest, o.order_state, o.payment_state, o.fulfilment_state, o.version, o.locale,
  o.currency_code, o.tax_included, o.email, o.shipping_address, o.billing_address, o.shipping, o.discounts, o.subtotal, o.discount,
  o.shipping_discount, o.shipping_net, o.shipping_tax, o.shipping_gross, o.net, o.tax, o.gross, o.cancelled_amount,
  o.paid_amount, o.refunded_amount, o.payment_due_at, o.placed_at, o.placed_by, o.notify_customer, o.created_at,
  coalesce((SELECT json_agg(json_build_object('id', i.id, 'variantId', i.variant_id, 'productId', i.product_id,
      'sku', i.sku, 'name', i.name, 'imageUrl', i.image_url, 'attributes', i.attributes,
      'minimumAge', i.minimum_age, 'weightGrams', i.weight_grams,
      'quantity', i.quantity, 'cancelledQuantity', i.cancelled_quantity, 'shippedQuantity', i.shipped_quantity, 'backorderedQuantity', i.backordered_quantity, 'expectedAt', i.expected_at, 'stockSeq', i.stock_seq,
      'unitAmount', i.unit_amount::text, 'discount', i.discount::text, 'net', i.net::text, 'tax', i.tax::text,
      'gross', i.gross::text, 'taxCategory', i.tax_category, 'taxRatePpm', i.tax_rate_ppm,
      'taxName', i.tax_name) ORDER BY i.position)
    FROM order_item i WHERE i.order_id = o.id), '[]') AS items,
  coalesce((SELECT json_agg(json_build_object('paymentId', p.payment_id, 'status', p.status, 'amount', p.amount::text)
      ORDER BY p.payment_id)
    FROM order_payment p WHERE p.order_id = o.id), '[]') AS payments,
  coalesce((SELECT json_agg(json_build_object('id', r.id, 'amount', r.amount::text, 'reason', r.reason,
      'status', r.status, 'requestedAt', r.requested_at) ORDER BY r.requested_at, r.id)
    FROM order_refund r WHERE r.order_id = o.id), '[]') AS refunds,
  coalesce((SELECT json_agg(json_build_object('id', s.id, 'carrier', s.carrier, 'trackingNumber', s.tracking_number,
      'lines', s.lines, 'status', s.status, 'createdAt', s.created_at, 'service', s.service, 'labelId', s.label_id,
      'labelUrl', s.label_url, 'labelAmount', s.label_amount::text, 'labelCurrency', s.label_currency,
      'trackingUrl', s.tracking_url, 'deliveryDate', s.delivery_date, 'events', s.events, 'shippedAt', s.shipped_at,
      'deliveredAt', s.delivered_at) ORDER BY s.id)
    FROM shipment s WHERE s.order_id = o.id), '[]') AS shipments,
  coalesce((SELECT json_agg(json_build_object('id', b.id, 'lines', b.lines, 'reason', b.reason, 'status', b.status,
      'restocked', b.restocked, 'received', b.received, 'labelUrl', b.label_url, 'trackingNumber', b.tracking_number, 'requestedAt', b.requested_at, 'decidedAt', b.decided_at, 'receivedAt', b.received_at)
      ORDER BY b.requested_at, b.id)
    FROM order_return b WHERE b.order_id = o.id), '[]') AS returns,
  coalesce((SELECT json_agg(json_build_object('id', t.id, 'kind', t.kind, 'at', t.at) ORDER BY t.at, t.id)
    FROM order_step t WHERE t.order_id = o.id), '[]') AS steps,
  coalesce((SELECT json_agg(json_build_object('id', n.id, 'text', encode(n.text, 'base64'),
      'visibleToCustomer', n.visible_to_customer, 'createdAt', n.created_at) ORDER BY n.id)
    FROM order_note n WHERE n.order_id = o.id), '[]') AS notes`;

export async function findOrders(db: Db, ids: readonly string[]): Promise<Map<string, Order>> {
  const rows = await db.$queryRaw<
    OrderRow[]
  >`SELECT ${columns} FROM orders o WHERE o.id = ANY(${[...ids]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, orderOf(row)]));
}

/**
 * An order, read by the statement that claims a key; `claimed` is its CTE (shared/idempotency.ts). The order's row is held
 * first: an edit that is being written is waited for, and read, and one that comes after it waits for the key, and sees it.
 */
export async function findOrderClaiming(
  db: Db,
  id: string | null,
  claimed: Fragment,
): Promise<{ claimed: boolean; found: Order | null }> {
  const rows = await db.$queryRaw<((OrderRow | { id: null }) & { claimed: boolean; held: number | null })[]>`
    WITH ${claimed}, held AS (SELECT version FROM orders WHERE id = ${id}::uuid FOR KEY SHARE)
    SELECT (SELECT version FROM held) AS held, EXISTS (SELECT FROM claimed) AS claimed, found.*
    FROM (VALUES (1)) AS one
    LEFT JOIN (SELECT ${columns} FROM orders o WHERE o.id = ${id}::uuid) found ON true`;
  const [row] = rows;
  if (!row || row.id === null) return { claimed: row?.claimed === true, found: null };
  // It was changed while this statement waited, which has read what was before.
  if (row.held !== row.version)
    return { claimed: row.claimed, found: (await findOrders(db, [row.id])).get(row.id) ?? null };
  return { claimed: row.claimed, found: orderOf(row) };
}

export interface OrderFilter {
  status: OrderStatus | null;
  customerId: string | null;
  number: string | null;
}

/** `page.limit + 1` orders, the newest first; ids are ordered by time. */
export async function listOrders(db: Db, filter: OrderFilter, page: Page): Promise<Order[]> {
  const conditions = [
    ...(filter.status ? [Prisma.sql`o.status = ${filter.status}`] : []),
    ...(filter.customerId ? [Prisma.sql`o.customer_id = ${filter.customerId}::uuid`] : []),
    ...(filter.number
      ? [Prisma.sql`o.id = (SELECT n.order_id FROM order_number n WHERE n.number = ${filter.number})`]
      : []),
    ...(page.after ? [Prisma.sql`o.id < ${page.after[0]}::uuid`] : []),
  ];
  const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty;
  const rows = await db.$queryRaw<OrderRow[]>`
    SELECT ${columns} FROM orders o ${where} ORDER BY o.id DESC LIMIT ${page.limit + 1}::int`;
  return rows.map(orderOf);
}

/** `page.limit + 1` orders of each customer, the newest first, in one statement. */
export async function listOrdersOfCustomers(
  db: Db,
  customerIds: readonly string[],
  page: Page,
): Promise<Map<string, Order[]>> {
  const after = page.after ? Prisma.sql`AND x.id < ${page.after[0]}::uuid` : Prisma.empty;
  const rows = await db.$queryRaw<OrderRow[]>`
    SELECT ${columns} FROM unnest(${[...customerIds]}::uuid[]) AS customer(id)
    CROSS JOIN LATERAL (
      SELECT x.* FROM orders x WHERE x.customer_id = customer.id ${after} ORDER BY x.id DESC LIMIT ${page.limit + 1}::int
    ) o ORDER BY o.id DESC`;
  const found = new Map<string, Order[]>(customerIds.map((id) => [id, []]));
  for (const row of rows) found.get(row.customer_id)?.push(orderOf(row));
  return found;
}

export interface Placing {
  order: Order;
  /** The cart that becomes the order; null where there is none. */
  cart: { id: string; version: number } | null;
  /** The row of the idempotency key under which the order is placed. */
  claim: { owner: string; operation: string; key: string };
}

/**
 * Writes the order and closes its cart, if it comes from one, in one statement. False, and nothing written, where the claim was refused
 * meanwhile or the cart is not open in its version any more.
 */
export async function insertOrder(
  db: Db,
  { order, cart, claim }: Placing,
  follows: Fragment,
): Promise<boolean> {
  const { items, shipping, discounts, steps } = insertsOf(order);
  const { sealed } = order;
  const closed = cart
    ? Prisma.sql`
      UPDATE cart SET status = 'ORDERED', version = version + 1,
        email = NULL, shipping_address = NULL, billing_address = NULL
      WHERE id = ${cart.id}::uuid AND version = ${cart.version}::int AND status = ${openCart}
        AND EXISTS (SELECT FROM free)
      RETURNING 1`
    : Prisma.sql`SELECT 1 FROM free`;
  const rows = await db.$queryRaw<{ saved: number }[]>`
    WITH free AS (
      SELECT owner, operation, key FROM idempotency_key
      WHERE owner = ${claim.owner} AND operation = ${claim.operation} AND key = ${claim.key}
        AND outcome->'refused' IS NULL AND outcome->'placed' IS NULL
      FOR UPDATE
    ), closed AS (${closed}), claimed AS (
      UPDATE idempotency_key k SET outcome = outcome || '{"placed": true}' FROM free, closed
      WHERE (k.owner, k.operation, k.key) = (free.owner, free.operation, free.key)
    ), saved AS (
      INSERT INTO orders (id, number, customer_id, guest, order_state, payment_state, fulfilment_state, status, version,
        locale, currency_code, tax_included, email, shipping_address, billing_address, shipping, discounts, subtotal, discount,
        shipping_discount, shipping_net, shipping_tax, shipping_gross, net, tax, gross, cancelled_amount, paid_amount,
        refunded_amount, payment_due_at, placed_at, placed_by, notify_customer, created_at, updated_at)
      SELECT ${order.id}::uuid, ${order.number}, ${order.customerId}::uuid, ${order.guest}::bool, ${order.orderState},
        ${order.paymentState}, ${order.fulfilmentState}, ${statusOf(order)}, ${order.version}::int, ${order.locale},
        ${order.currencyCode}, ${order.taxIncluded}::bool, ${sealed.email}::bytea, ${sealed.shippingAddress}::bytea,
        ${sealed.billingAddress}::bytea, ${shipping}::jsonb, ${discounts}::jsonb, ${order.subtotal}::bigint,
        ${order.discount}::bigint, ${order.shipping.discount}::bigint, ${order.shipping.net}::bigint,
        ${order.shipping.tax}::bigint, ${order.shipping.gross}::bigint, ${order.net}::bigint, ${order.tax}::bigint,
        ${order.gross}::bigint, 0, 0, 0, ${order.paymentDueAt}::timestamptz, ${order.placedAt}::timestamptz,
        ${order.placedBy}::uuid, ${order.notifyCustomer}::bool, ${order.createdAt}::timestamptz,
        ${order.createdAt}::timestamptz
      FROM closed RETURNING id
    ), numbered AS (
      INSERT INTO order_number (number, order_id) SELECT ${order.number}, id FROM saved
    ), items AS (
      INSERT INTO order_item (id, order_id, position, variant_id, product_id, sku, name, image_url, attributes,
        minimum_age, weight_grams, quantity, cancelled_quantity, shipped_quantity, unit_amount, discount, net, tax, gross,
        tax_category, tax_rate_ppm, tax_name, backordered_quantity, expected_at)
      SELECT i.id, saved.id, i.position, i."variantId", i."productId", i.sku, i.name, i."imageUrl", i.attributes,
        i."minimumAge", i."weightGrams", i.quantity, 0, 0, i."unitAmount", i.discount, i.net, i.tax, i.gross, i."taxCategory",
        i."taxRatePpm", i."taxName", i."backorderedQuantity", i."expectedAt"
      FROM saved, jsonb_to_recordset(${items}::jsonb) AS i(id uuid, position int, "variantId" uuid, "productId" uuid,
        sku text, name text, "imageUrl" text, attributes jsonb, "minimumAge" int, "weightGrams" int, quantity int, "unitAmount" bigint,
        discount bigint, net bigint, tax bigint, gross bigint, "taxCategory" text, "taxRatePpm" int,
        "taxName" text, "backorderedQuantity" int, "expectedAt" timestamptz)
    ), steps AS (
      INSERT INTO order_step (id, order_id, kind, at)
      SELECT s.id, saved.id, s.kind, s.at
      FROM saved, jsonb_to_recordset(${steps}::jsonb) AS s(id uuid, kind text, at timestamptz)
    ) ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return rows[0]?.saved === 1;
}

/** A part of a statement for rows to write; nothing where there are none: Postgres would prepare it all the same. */
const when = (rows: string | null, part: (rows: string) => Fragment): Fragment =>
  rows === null ? Prisma.empty : part(rows);

/** Writes what changed, as version `before.version + 1`, and what follows, in one statement. False where another change was first. */
export async function saveOrder(
  db: Db,
  before: Order,
  after: Order,
  now: Date,
  follows: Fragment,
): Promise<boolean> {
  const { items, payments, refunds, shipments, returns, steps } = changesOf(before, after);
  const rows = await db.$queryRaw<{ saved: number }[]>`
    WITH saved AS (
      UPDATE orders SET version = version + 1, order_state = ${after.orderState}, payment_state = ${after.paymentState},
        fulfilment_state = ${after.fulfilmentState}, status = ${statusOf(after)},
        cancelled_amount = ${after.cancelledAmount}::bigint, paid_amount = ${after.paidAmount}::bigint,
        refunded_amount = ${after.refundedAmount}::bigint, payment_due_at = ${after.paymentDueAt}::timestamptz,
        updated_at = ${now}::timestamptz
      WHERE id = ${after.id}::uuid AND version = ${before.version}::int RETURNING id
    ) ${when(
      items,
      (rows) => Prisma.sql`, items AS (
      UPDATE order_item i SET cancelled_quantity = x."cancelledQuantity", shipped_quantity = x."shippedQuantity",
        backordered_quantity = x."backorderedQuantity", expected_at = x."expectedAt", stock_seq = x."stockSeq"
      FROM saved, jsonb_to_recordset(${rows}::jsonb) AS x(id uuid, "cancelledQuantity" int, "shippedQuantity" int,
        "backorderedQuantity" int, "expectedAt" timestamptz, "stockSeq" int)
      WHERE i.id = x.id AND i.order_id = saved.id
    )`,
    )} ${when(
      payments,
      (rows) => Prisma.sql`, payments AS (
      INSERT INTO order_payment (payment_id, order_id, status, amount, updated_at)
      SELECT x."paymentId", saved.id, x.status, x.amount, ${now}::timestamptz
      FROM saved, jsonb_to_recordset(${rows}::jsonb) AS x("paymentId" uuid, status text, amount bigint)
      ON CONFLICT (payment_id) DO UPDATE SET status = excluded.status, amount = excluded.amount, updated_at = excluded.updated_at
    )`,
    )} ${when(
      refunds,
      (rows) => Prisma.sql`, refunds AS (
      INSERT INTO order_refund (id, order_id, amount, reason, status, requested_at)
      SELECT x.id, saved.id, x.amount, x.reason, x.status, x."requestedAt"
      FROM saved, jsonb_to_recordset(${rows}::jsonb)
        AS x(id uuid, amount bigint, reason text, status text, "requestedAt" timestamptz)
      ON CONFLICT (id) DO UPDATE SET status = excluded.status
    )`,
    )} ${when(
      shipments,
      (rows) => Prisma.sql`, shipments AS (
      INSERT INTO shipment (id, order_id, carrier, tracking_number, lines, status, created_at, service, label_id, label_url,
        label_amount, label_currency, tracking_url, delivery_date, events, shipped_at, delivered_at)
      SELECT x.id, saved.id, x.carrier, x."trackingNumber", x.lines, x.status, x."createdAt", x.service, x."labelId",
        x."labelUrl", x."labelAmount", x."labelCurrency", x."trackingUrl", x."deliveryDate", x.events, x."shippedAt",
        x."deliveredAt"
      FROM saved, jsonb_to_recordset(${rows}::jsonb) AS x(id uuid, carrier text, "trackingNumber" text,
        lines jsonb, status text, "createdAt" timestamptz, service text, "labelId" text, "labelUrl" text,
        "labelAmount" bigint, "labelCurrency" text, "trackingUrl" text, "deliveryDate" date, events jsonb,
        "shippedAt" timestamptz, "deliveredAt" timestamptz)
      ON CONFLICT (id) DO UPDATE SET tracking_number = excluded.tracking_number, status = excluded.status,
        label_id = excluded.label_id, label_url = excluded.label_url, label_amount = excluded.label_amount,
        label_currency = excluded.label_currency, tracking_url = excluded.tracking_url,
        delivery_date = excluded.delivery_date, events = excluded.events, shipped_at = excluded.shipped_at,
        delivered_at = excluded.delivered_at
    )`,
    )} ${when(
      returns,
      (rows) => Prisma.sql`, returns AS (
      INSERT INTO order_return (id, order_id, lines, reason, status, restocked, received, label_url, tracking_number,
        requested_at, decided_at, received_at)
      SELECT x.id, saved.id, x.lines, x.reason, x.status, x.restocked, nullif(x.received, 'null'), x."labelUrl",
        x."trackingNumber", x."requestedAt", x."decidedAt", x."receivedAt"
      FROM saved, jsonb_to_recordset(${rows}::jsonb) AS x(id uuid, lines jsonb, reason text, status text,
        restocked bool, received jsonb, "labelUrl" text, "trackingNumber" text, "requestedAt" timestamptz, "decidedAt" timestamptz, "receivedAt" timestamptz)
      ON CONFLICT (id) DO UPDATE SET status = excluded.status, restocked = excluded.restocked,
        received = excluded.received, label_url = excluded.label_url, tracking_number = excluded.tracking_number,
        decided_at = excluded.decided_at, received_at = excluded.received_at
    )`,
    )} ${when(
      steps,
      (rows) => Prisma.sql`, steps AS (
      INSERT INTO order_step (id, order_id, kind, at)
      SELECT x.id, saved.id, x.kind, x.at
      FROM saved, jsonb_to_recordset(${rows}::jsonb) AS x(id uuid, kind text, at timestamptz)
    )`,
    )} ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return rows[0]?.saved === 1;
}

export async function insertNote(db: Db, orderId: string, authorId: string, note: OrderNote): Promise<void> {
  await db.orderNote.create({
    data: {
      id: note.id,
      orderId,
      authorId,
      text: new Uint8Array(note.text),
      visibleToCustomer: note.visibleToCustomer,
      createdAt: note.createdAt,
    },
  });
}

/** Gives a guest's orders to a customer, with their personal columns sealed anew. */
export async function moveOrders(
  db: Db,
  customerId: string,
  orders: readonly { id: string; version: number; sealed: Order['sealed']; notes: readonly OrderNote[] }[],
): Promise<void> {
  const base64 = (bytes: Uint8Array | null): string | null =>
    bytes ? Buffer.from(bytes).toString('base64') : null;
  const rows = orders.map(({ id, sealed }) => ({
    id,
    email: base64(sealed.email),
    shipping: base64(sealed.shippingAddress),
    billing: base64(sealed.billingAddress),
  }));
  const notes = orders.flatMap((order) => order.notes.map(({ id, text }) => ({ id, text: base64(text) })));
  await db.$executeRaw`
    WITH moved AS (
      UPDATE orders o SET customer_id = ${customerId}::uuid, guest = false, version = version + 1,
        email = decode(x.email, 'base64'), shipping_address = decode(x.shipping, 'base64'),
        billing_address = decode(x.billing, 'base64')
      FROM jsonb_to_recordset(${toJson(rows)}::jsonb) AS x(id uuid, email text, shipping text, billing text)
      WHERE o.id = x.id
    )
    UPDATE order_note n SET text = decode(x.text, 'base64')
    FROM jsonb_to_recordset(${toJson(notes)}::jsonb) AS x(id uuid, text text) WHERE n.id = x.id`;
}

/** Ids of a customer's orders, locked until the transaction ends. */
export async function lockOrdersOf(db: Db, customerId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM orders WHERE customer_id = ${customerId}::uuid ORDER BY id FOR UPDATE`;
  return rows.map((row) => row.id);
}
