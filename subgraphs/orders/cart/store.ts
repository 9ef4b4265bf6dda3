import type { Fragment } from '../../shared/events/consequences.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';
import type { TaxCategory } from '../tax/rules.js';
import { openCart } from './open.js';
import type { Cart, CartWarning } from './rules.js';

interface Row {
  id: string;
  customer_id: string;
  version: number;
  currency_code: string;
  email: Uint8Array | null;
  shipping_address: Uint8Array | null;
  billing_address: Uint8Array | null;
  shipping_method_id: string | null;
  promotion_codes: string[];
  notices: CartWarning[];
  updated_at: Date;
  expires_at: Date;
  lines: {
    id: string;
    variantId: string;
    productId: string;
    quantity: number;
    unitAmount: string;
    taxCategory: TaxCategory;
    weightGrams: number;
    categoryIds: string[];
  }[];
}

const cartOf = (row: Row): Cart => ({
  id: row.id,
  customerId: row.customer_id,
  version: row.version,
  currencyCode: row.currency_code,
  lines: row.lines.map((line) => ({ ...line, unitAmount: BigInt(line.unitAmount) })),
  sealed: {
    email: row.email,
    shippingAddress: row.shipping_address,
    billingAddress: row.billing_address,
  },
  shippingMethodId: row.shipping_method_id,
  promotionCodes: row.promotion_codes,
  notices: row.notices,
  updatedAt: row.updated_at,
  expiresAt: row.expires_at,
});

/** An open cart with its lines, in one row. */
const columns = Prisma.sql`
  c.id, c.customer_id, c.version, c.currency_code, c.email, c.shipping_address, c.billing_address,
  c.shipping_method_id, c.promotion_codes, c.notices, c.updated_at, c.expires_at,
  coalesce((SELECT json_agg(json_build_object('id', l.id, 'variantId', l.variant_id, 'productId', l.product_id,
              'quantity', l.quantity, 'unitAmount', l.unit_amount::text, 'taxCategory', l.tax_category,
              'weightGrams', l.weight_grams, 'categoryIds', l.category_ids) ORDER BY l.id)
            FROM cart_line l WHERE l.cart_id = c.id), '[]') AS lines`;

/** Open carts of the customers, with their lines; `lock` keeps them until the transaction ends. */
export async function findOpenCarts(
  db: Db,
  customerIds: readonly string[],
  lock: 'no lock' | 'lock' = 'no lock',
): Promise<Map<string, Cart>> {
  // By a statement of its own: one that waits for a lock sees the cart as it is then, and its lines as they were before.
  if (lock === 'lock')
    await db.$queryRaw`
      SELECT FROM cart WHERE customer_id = ANY(${[...customerIds]}::uuid[]) AND status = 'OPEN' ORDER BY id FOR UPDATE`;
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM cart c WHERE c.customer_id = ANY(${[...customerIds]}::uuid[]) AND c.status = 'OPEN'`;
  return new Map(rows.map((row) => [row.customer_id, cartOf(row)]));
}

/** A customer's open cart, read by the statement that claims a key; `claimed` is its CTE (shared/idempotency.ts). */
export async function findOpenCartClaiming(
  db: Db,
  customerId: string,
  claimed: Fragment,
): Promise<{ claimed: boolean; found: Cart | null }> {
  const rows = await db.$queryRaw<((Row | { id: null }) & { claimed: boolean })[]>`
    WITH ${claimed}
    SELECT EXISTS (SELECT FROM claimed) AS claimed, found.*
    FROM (VALUES (1)) AS one
    LEFT JOIN (SELECT ${columns} FROM cart c WHERE c.customer_id = ${customerId}::uuid AND c.status = 'OPEN') found ON true`;
  const [row] = rows;
  return { claimed: row?.claimed === true, found: row && row.id !== null ? cartOf(row) : null };
}

/** Without a key to claim every change is the first. */
const unclaimed = Prisma.sql`claimed AS (SELECT 1)`;

/**
 * Writes the cart with its lines, as version `before.version + 1`, and what follows. `CHANGED`, and nothing written but the
 * claim, where it is not open in the version `before` any more (or, for a new one, where the customer got one meanwhile);
 * `MERGED` where the customer was a guest whose cart has become part of an account's; `REPEATED`, and nothing written, where the key of `claimed` was used before.
 */
export async function saveCart(
  db: Db,
  before: Cart,
  after: Cart,
  { claimed = unclaimed, follows = Prisma.empty }: { claimed?: Fragment; follows?: Fragment } = {},
): Promise<'SAVED' | 'CHANGED' | 'MERGED' | 'REPEATED'> {
  const lines = JSON.stringify(
    after.lines.map((line) => ({
      id: line.id,
      variant_id: line.variantId,
      product_id: line.productId,
      quantity: line.quantity,
      unit_amount: line.unitAmount.toString(),
      tax_category: line.taxCategory,
      weight_grams: line.weightGrams,
      category_ids: line.categoryIds,
    })),
  );
  const { email, shippingAddress, billingAddress } = after.sealed;
  const notices = JSON.stringify(after.notices);
  // A guest's cart that went to an account: the articles that the guest puts in now belong there too.
  const isMerged =
    before.version === 0
      ? Prisma.sql`EXISTS (SELECT FROM cart m WHERE m.customer_id = ${after.customerId}::uuid AND m.status = 'MERGED')`
      : Prisma.sql`false`;
  const head =
    before.version === 0
      ? Prisma.sql`
        INSERT INTO cart (id, customer_id, status, version, currency_code, email, shipping_address, billing_address,
                          shipping_method_id, promotion_codes, notices, updated_at, expires_at)
        SELECT ${after.id}::uuid, ${after.customerId}::uuid, 'OPEN', 1, ${after.currencyCode}, ${email}::bytea,
                ${shippingAddress}::bytea, ${billingAddress}::bytea, ${after.shippingMethodId}::uuid,
                ${after.promotionCodes}::text[], ${notices}::jsonb, ${after.updatedAt}::timestamptz,
                ${after.expiresAt}::timestamptz
        FROM claimed WHERE NOT (${isMerged}) ON CONFLICT (customer_id) WHERE status = 'OPEN' DO NOTHING RETURNING id`
      : Prisma.sql`
        UPDATE cart SET version = version + 1, currency_code = ${after.currencyCode}, email = ${email}::bytea,
          shipping_address = ${shippingAddress}::bytea, billing_address = ${billingAddress}::bytea,
          shipping_method_id = ${after.shippingMethodId}::uuid, promotion_codes = ${after.promotionCodes}::text[],
          notices = ${notices}::jsonb, updated_at = ${after.updatedAt}::timestamptz, expires_at = ${after.expiresAt}::timestamptz
        WHERE id = ${after.id}::uuid AND version = ${before.version}::int AND status = ${openCart}
          AND EXISTS (SELECT FROM claimed) RETURNING id`;
  const rows = await db.$queryRaw<{ saved: boolean; claimed: boolean; merged: boolean }[]>`
    WITH ${claimed}, saved AS (${head}),
    line AS (
      SELECT l.* FROM jsonb_to_recordset(${lines}::jsonb)
        AS l(id uuid, variant_id uuid, product_id uuid, quantity int, unit_amount bigint, tax_category text,
             weight_grams int, category_ids uuid[])
    ), gone AS (
      DELETE FROM cart_line c USING saved
      WHERE c.cart_id = saved.id AND c.variant_id NOT IN (SELECT variant_id FROM line)
    ), written AS (
      INSERT INTO cart_line (id, cart_id, variant_id, product_id, quantity, unit_amount, tax_category, weight_grams,
        category_ids)
      SELECT line.id, saved.id, line.variant_id, line.product_id, line.quantity, line.unit_amount, line.tax_category,
             line.weight_grams, line.category_ids
      FROM line, saved
      ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = excluded.quantity, unit_amount = excluded.unit_amount,
        tax_category = excluded.tax_category, weight_grams = excluded.weight_grams,
        category_ids = excluded.category_ids
    ) ${follows}
    SELECT EXISTS (SELECT FROM saved) AS saved, EXISTS (SELECT FROM claimed) AS claimed, ${isMerged} AS merged`;
  if (rows[0]?.saved) return 'SAVED';
  if (rows[0]?.claimed && rows[0].merged) return 'MERGED';
  return rows[0]?.claimed ? 'CHANGED' : 'REPEATED';
}

/** A cart that is over keeps no personal data: its order has them, or nobody needs them. */
const nothingPersonal = { email: null, shippingAddress: null, billingAddress: null };

/** Ends an open cart that has become part of another. */
export async function closeCart(db: Db, cart: Cart, status: 'MERGED'): Promise<boolean> {
  const closed = await db.cart.updateMany({
    where: { id: cart.id, version: cart.version, status: 'OPEN' },
    data: { status, version: cart.version + 1, ...nothingPersonal },
  });
  return closed.count === 1;
}

/** Gives up carts that nobody touched; how many. */
export async function expireCarts(db: Db, now: Date): Promise<number> {
  // The index of open carts by time is taken for a status that is written out, and never for one that comes as a value.
  return db.$executeRaw`
    UPDATE cart SET status = 'EXPIRED', email = NULL, shipping_address = NULL, billing_address = NULL
    WHERE status = 'OPEN' AND expires_at > '-infinity' AND expires_at <= ${now}::timestamptz`;
}
