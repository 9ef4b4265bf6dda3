import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { InventoryTransaction } from './rules.js';
import { findTransactions } from './store.js';

/** The ledger, the newest entry first: of one variant, or of all. Ids are made in time's order, so they sort it. */
export async function inventoryTransactions(
  ctx: Context,
  parameters: PageArguments & { variantId?: string | null | undefined },
): Promise<Connection<InventoryTransaction>> {
  requirePermission(ctx.viewer, 'inventory:read');
  const { variantId } = parameters;
  const page = pageOf(parameters, ['id']);
  const [after = null] = page.after ?? [];
  const unknown = variantId != null && !isId(variantId);
  const rows = unknown ? [] : await findTransactions(ctx.db, variantId ?? null, after, page.limit + 1);
  return connectionOf(rows, page, (row) => [row.id]);
}
