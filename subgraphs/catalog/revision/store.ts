import type { Db } from '../database.js';

/** Locks the products in the order of their ids, so that those who change several never wait for each other in a circle. */
export async function lockProducts(db: Db, ids: readonly string[]): Promise<void> {
  await db.$queryRaw`
    SELECT 1 FROM product WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
}

export async function raiseRevisions(db: Db, ids: readonly string[]): Promise<void> {
  await db.$executeRaw`UPDATE product SET revision = revision + 1 WHERE id = ANY(${[...ids]}::uuid[])`;
}
