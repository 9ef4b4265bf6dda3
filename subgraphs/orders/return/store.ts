import type { Db } from '../context.js';

/** The order that the return is of. */
export async function findOrderIdOfReturn(db: Db, returnId: string): Promise<string | null> {
  const row = await db.orderReturn.findUnique({ where: { id: returnId }, select: { orderId: true } });
  return row?.orderId ?? null;
}
