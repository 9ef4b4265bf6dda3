import type { Page } from '../../shared/pages.js';
import type { Db } from '../database.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Brand } from './rules.js';

const columns = Prisma.sql`id, handle, name, sort_name AS "sortName", description, logo_url AS "logoUrl"`;

export const findBrands = (db: Db, ids: readonly string[]): Promise<Brand[]> =>
  db.$queryRaw<Brand[]>`SELECT ${columns} FROM brand WHERE id = ANY(${[...ids]}::uuid[])`;

/** Brands by name; one more than the page has. */
export function listBrands(db: Db, { limit, after }: Page): Promise<Brand[]> {
  const [sortName, id] = after ?? [];
  const from = after ? Prisma.sql`WHERE (sort_name, id) > (${sortName}, ${id}::uuid)` : Prisma.empty;
  return db.$queryRaw<Brand[]>`
    SELECT ${columns} FROM brand ${from} ORDER BY sort_name, id LIMIT ${limit + 1}::int`;
}

/** Null when the handle is taken. */
export async function insertBrand(db: Db, brand: Omit<Brand, 'sortName'>, now: Date): Promise<Brand | null> {
  const rows = await db.$queryRaw<Brand[]>`
    INSERT INTO brand (id, handle, name, description, logo_url, created_at)
    VALUES (${brand.id}::uuid, ${brand.handle}, ${brand.name}, ${brand.description}, ${brand.logoUrl},
            ${now}::timestamptz)
    ON CONFLICT (handle) DO NOTHING RETURNING ${columns}`;
  return rows[0] ?? null;
}
