import type { Db } from '../context.js';
import { insertsOf } from '../order/records.js';
import type { Order } from '../order/rules.js';
import { statusOf } from '../order/states.js';

export interface Edit {
  id: string;
  orderId: string;
  /** Of the order, on which it was decided. */
  version: number;
}

export type EditStatus = 'OPEN' | 'APPLIED' | 'ABANDONED';

/** Opens the edit, unless it is known or another one of its order is open: null then. What stands of it now. */
export async function openEdit(
  db: Db,
  edit: Edit,
  now: Date,
): Promise<(Edit & { status: EditStatus }) | null> {
  await db.$executeRaw`
    INSERT INTO order_edit (id, order_id, version, status, created_at)
    VALUES (${edit.id}::uuid, ${edit.orderId}::uuid, ${edit.version}::int, 'OPEN', ${now}::timestamptz)
    ON CONFLICT DO NOTHING`;
  return findEdit(db, edit.id);
}

export async function findEdit(db: Db, id: string): Promise<(Edit & { status: EditStatus }) | null> {
  const row = await db.orderEdit.findUnique({ where: { id } });
  return row && { ...row, status: row.status as EditStatus };
}

/** Ends an open edit; false where it has ended already. */
export async function endEdit(db: Db, id: string, status: 'APPLIED' | 'ABANDONED'): Promise<boolean> {
  const { count } = await db.orderEdit.updateMany({ where: { id, status: 'OPEN' }, data: { status } });
  return count > 0;
}

/** How often a payment of the order was asked for and not refused: the keys of `payOrder` are claimed before it begins. */
export async function countAttempts(db: Db, orderId: string): Promise<number> {
  const rows = await db.$queryRaw<{ attempts: number }[]>`
    SELECT count(*)::int AS attempts FROM idempotency_key
    WHERE operation = 'payOrder' AND outcome->>'orderId' = ${orderId} AND outcome->'refused' IS NULL`;
  return rows[0]?.attempts ?? 0;
}

/** Holds the order until the transaction ends. */
export async function lockOrder(db: Db, orderId: string): Promise<void> {
  await db.$queryRaw`SELECT 1 FROM orders WHERE id = ${orderId}::uuid FOR UPDATE`;
}

/**
 * Writes the edited order with all its items, as version `before.version + 1`; false where another change was first, or a
 * payment was asked for since. In the caller's transaction.
 */
export async function rewriteOrder(db: Db, before: Order, after: Order, now: Date): Promise<boolean> {
  const { items, shipping, discounts } = insertsOf(after);
  const { sealed } = after;
  const saved = await db.$executeRaw`
    UPDATE orders SET version = version + 1, order_state = ${after.orderState}, payment_state = ${after.paymentState},
      status = ${statusOf(after)}, email = ${sealed.email}::bytea, shipping_address = ${sealed.shippingAddress}::bytea,
      billing_address = ${sealed.billingAddress}::bytea, shipping = ${shipping}::jsonb, discounts = ${discounts}::jsonb,
      tax_included = ${after.taxIncluded}::bool, subtotal = ${after.subtotal}::bigint, discount = ${after.discount}::bigint,
      shipping_discount = ${after.shipping.discount}::bigint, shipping_net = ${after.shipping.net}::bigint,
      shipping_tax = ${after.shipping.tax}::bigint, shipping_gross = ${after.shipping.gross}::bigint,
      net = ${after.net}::bigint, tax = ${after.tax}::bigint, gross = ${after.gross}::bigint, cancelled_amount = 0,
      payment_due_at = ${after.paymentDueAt}::timestamptz, updated_at = ${now}::timestamptz
    WHERE id = ${after.id}::uuid AND version = ${before.version}::int
      AND (SELECT count(*) FROM idempotency_key k WHERE k.operation = 'payOrder' AND k.outcome->>'orderId' = ${after.id}
             AND k.outcome->'refused' IS NULL) <= ${before.payments.length}::int`;
  if (saved === 0) return false;
  await db.$executeRaw`DELETE FROM order_item WHERE order_id = ${after.id}::uuid`;
  await db.$executeRaw`
    INSERT INTO order_item (id, order_id, position, variant_id, product_id, sku, name, image_url, attributes,
      minimum_age, weight_grams, quantity, cancelled_quantity, shipped_quantity, unit_amount, discount, net, tax, gross,
      tax_category, tax_rate_ppm, tax_name, backordered_quantity, expected_at)
    SELECT i.id, ${after.id}::uuid, i.position, i."variantId", i."productId", i.sku, i.name, i."imageUrl", i.attributes,
      i."minimumAge", i."weightGrams", i.quantity, 0, 0, i."unitAmount", i.discount, i.net, i.tax, i.gross, i."taxCategory",
      i."taxRatePpm", i."taxName", i."backorderedQuantity", i."expectedAt"
    FROM jsonb_to_recordset(${items}::jsonb) AS i(id uuid, position int, "variantId" uuid, "productId" uuid,
      sku text, name text, "imageUrl" text, attributes jsonb, "minimumAge" int, "weightGrams" int, quantity int,
      "unitAmount" bigint, discount bigint, net bigint, tax bigint, gross bigint, "taxCategory" text, "taxRatePpm" int,
      "taxName" text, "backorderedQuantity" int, "expectedAt" timestamptz)`;
  const { steps } = insertsOf({
    ...after,
    steps: after.steps.filter((step) => !before.steps.includes(step)),
  });
  await db.$executeRaw`
    INSERT INTO order_step (id, order_id, kind, at)
    SELECT s.id, ${after.id}::uuid, s.kind, s.at
    FROM jsonb_to_recordset(${steps}::jsonb) AS s(id uuid, kind text, at timestamptz)`;
  return true;
}
