import type { Db } from '../database.js';
import { Prisma } from '../prisma.generated/client.js';
import type { Category } from './rules.js';

const columns = Prisma.sql`id, handle, name, description, parent_id AS "parentId", lineage, path, level, position, minimum_age AS "minimumAge"`;

export const findCategories = (db: Db, ids: readonly string[]): Promise<Category[]> =>
  db.$queryRaw<Category[]>`SELECT ${columns} FROM category WHERE id = ANY(${[...ids]}::uuid[])`;

export async function findCategoryByHandle(db: Db, handle: string): Promise<Category | null> {
  const rows = await db.$queryRaw<Category[]>`SELECT ${columns} FROM category WHERE handle = ${handle}`;
  return rows[0] ?? null;
}

export const findRoots = (db: Db): Promise<Category[]> =>
  db.$queryRaw<
    Category[]
  >`SELECT ${columns} FROM category WHERE parent_id IS NULL ORDER BY position, name, id`;

/** Children of all the parents, each parent's in their order. */
export const findChildren = (db: Db, parentIds: readonly string[]): Promise<Category[]> =>
  db.$queryRaw<Category[]>`
    SELECT ${columns} FROM category WHERE parent_id = ANY(${[...parentIds]}::uuid[]) ORDER BY position, name, id`;

/** The category's own id and those of all below it. */
export async function findDescendantIds(db: Db, id: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM category WHERE lineage @> ARRAY[${id}]::uuid[]`;
  return rows.map((row) => row.id);
}

/** Changes of the tree wait for each other until the transaction ends: so no two of them together make a circle. */
export const lockTree = (db: Db): PromiseLike<number> =>
  db.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('hanse/category-tree'))`;

/** How many categories are directly below `parentId`; null: how many roots. */
export async function countChildren(db: Db, parentId: string | null): Promise<number> {
  const rows = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM category WHERE parent_id IS NOT DISTINCT FROM ${parentId}::uuid`;
  return rows[0]?.count ?? 0;
}

/** Null when the handle is taken. */
export async function insertCategory(
  db: Db,
  category: Omit<Category, 'level'>,
  now: Date,
): Promise<Category | null> {
  const rows = await db.$queryRaw<Category[]>`
    INSERT INTO category (id, handle, name, description, parent_id, lineage, path, position, minimum_age, created_at)
    VALUES (${category.id}::uuid, ${category.handle}, ${category.name}, ${category.description},
            ${category.parentId}::uuid, ${category.lineage}::uuid[], ${category.path}, ${category.position}::int,
            ${category.minimumAge}::smallint, ${now}::timestamptz)
    ON CONFLICT (handle) DO NOTHING RETURNING ${columns}`;
  return rows[0] ?? null;
}

/** Null where there is no such category. */
export async function saveMinimumAge(
  db: Db,
  id: string,
  minimumAge: number | null,
): Promise<Category | null> {
  const rows = await db.$queryRaw<Category[]>`
    UPDATE category SET minimum_age = ${minimumAge}::smallint WHERE id = ${id}::uuid RETURNING ${columns}`;
  return rows[0] ?? null;
}

/** How many levels are below the category. */
export async function heightOf(db: Db, category: Category): Promise<number> {
  const rows = await db.$queryRaw<{ height: number }[]>`
    SELECT max(level) - ${category.level}::int AS height FROM category
    WHERE lineage @> ARRAY[${category.id}]::uuid[]`;
  return rows[0]?.height ?? 0;
}

/** Puts `moved` at its new place and all below it with it. `depth` and `oldPath` are as they were before. */
export async function moveSubtree(
  db: Db,
  moved: Category,
  before: { depth: number; oldPath: string },
): Promise<void> {
  await db.$executeRaw`
    UPDATE category SET
      lineage = ${moved.lineage}::uuid[] || lineage[${before.depth + 1}::int:],
      path = ${moved.path} || substr(path, ${before.oldPath.length + 1}::int),
      parent_id = CASE WHEN id = ${moved.id}::uuid THEN ${moved.parentId}::uuid ELSE parent_id END,
      position = CASE WHEN id = ${moved.id}::uuid THEN ${moved.position}::int ELSE position END
    WHERE lineage @> ARRAY[${moved.id}]::uuid[]`;
}
