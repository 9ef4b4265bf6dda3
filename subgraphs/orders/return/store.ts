import type { Page } from '../../shared/pages.js';
import type { Db } from '../context.js';
import type { ReturnStatus } from '../order/rules.js';

/** The order that the return is of. */
export async function findOrderIdOfReturn(db: Db, returnId: string): Promise<string | null> {
  const row = await db.orderReturn.findUnique({ where: { id: returnId }, select: { orderId: true } });
  return row?.orderId ?? null;
}

/** `page.limit + 1` returns, the newest first. */
export function listReturns(
  db: Db,
  status: ReturnStatus | null,
  page: Page,
): Promise<{ id: string; orderId: string }[]> {
  const [after] = page.after ?? [];
  return db.orderReturn.findMany({
    where: { ...(status && { status }), ...(after && { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: page.limit + 1,
    select: { id: true, orderId: true },
  });
}
