import type { Db } from '../context.js';
import type { KnownProduct } from './rules.js';

export async function saveProduct(db: Db, { id, ...facts }: KnownProduct): Promise<void> {
  await db.product.upsert({ where: { id }, create: { id, ...facts }, update: facts });
}

export async function dropProduct(db: Db, id: string): Promise<void> {
  await db.product.deleteMany({ where: { id } });
}
