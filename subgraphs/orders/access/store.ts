import type { Db } from '../context.js';

/** Notes the hash of a token for a guest's order; of more than `most` the oldest are deleted. False for a customer's, null for none. */
export async function insertAccess(
  db: Db,
  { orderId, hash, at, expiresAt }: { orderId: string; hash: Uint8Array; at: Date; expiresAt: Date },
  most: number,
): Promise<boolean | null> {
  const rows = await db.$queryRaw<{ guest: boolean }[]>`
    WITH owner AS (SELECT id, guest FROM orders WHERE id = ${orderId}::uuid), saved AS (
      INSERT INTO order_access (token_hash, order_id, created_at, expires_at)
      SELECT ${hash}::bytea, id, ${at}::timestamptz, ${expiresAt}::timestamptz FROM owner WHERE guest
    ), dropped AS (
      DELETE FROM order_access WHERE token_hash IN (
        SELECT token_hash FROM order_access WHERE order_id IN (SELECT id FROM owner WHERE guest)
        ORDER BY created_at DESC, token_hash OFFSET ${most - 1}::int)
    )
    SELECT guest FROM owner`;
  return rows[0]?.guest ?? null;
}

/** Ends all tokens of an order. */
export async function deleteAccesses(db: Db, orderId: string): Promise<void> {
  await db.$executeRaw`DELETE FROM order_access WHERE order_id = ${orderId}::uuid`;
}

/** The order of that number, if the token of this hash leads to it now. */
export async function findAccess(
  db: Db,
  number: string,
  hash: Uint8Array,
  now: Date,
): Promise<string | null> {
  const rows = await db.$queryRaw<{ order_id: string }[]>`
    SELECT a.order_id FROM order_access a JOIN order_number n ON n.order_id = a.order_id
    WHERE a.token_hash = ${hash}::bytea AND n.number = ${number} AND a.expires_at > ${now}::timestamptz`;
  return rows[0]?.order_id ?? null;
}
