import type { Db } from '../database.js';
import type { InventoryTransaction } from './rules.js';

/** Entries, the newest first, of one variant or of all; those before the entry `after`. */
export async function findTransactions(
  db: Db,
  variantId: string | null,
  after: string | null,
  limit: number,
): Promise<InventoryTransaction[]> {
  const rows = await db.inventoryTransaction.findMany({
    where: { ...(variantId === null ? {} : { variantId }), ...(after === null ? {} : { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: limit,
  });
  return rows.map((row) => ({ ...row, type: row.type as InventoryTransaction['type'] }));
}
