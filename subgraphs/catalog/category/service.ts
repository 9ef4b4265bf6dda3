import { badInput, conflict, invalidInput, notFound, Refused, type Payload } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import { addOnce, change, handleTaken } from '../change.js';
import type { Context } from '../context.js';
import { checkHandle, handleOf } from '../handle/rules.js';
import {
  greatestAge,
  isMinimumAge,
  maxChildren,
  maxDepth,
  placeBelow,
  wouldCycle,
  type Category,
} from './rules.js';
import {
  countChildren,
  findCategories,
  findCategoryByHandle,
  findDescendantIds,
  findRoots,
  heightOf,
  insertCategory,
  lockTree,
  moveSubtree,
  saveMinimumAge,
} from './store.js';

/** The roots of the tree. */
export const categories = (ctx: Context): Promise<Category[]> => findRoots(ctx.db);

/** A category by its id or handle, exactly one of them. */
export async function category(
  ctx: Context,
  { id, handle }: { id?: string | null | undefined; handle?: string | null | undefined },
): Promise<Category | null> {
  if ((id == null) === (handle == null)) throw badInput('Give either id or handle.');
  if (id != null) return ctx.loaders.categoryById.load(id);
  return findCategoryByHandle(ctx.db, handle ?? '');
}

/** The categories above, from the root down. */
export async function ancestors(ctx: Context, { lineage }: Category): Promise<Category[]> {
  const found = await Promise.all(lineage.slice(0, -1).map((id) => ctx.loaders.categoryById.load(id)));
  return found.filter((one) => one !== null);
}

/** Ids of the category and all below it; none when it does not exist. */
export const categoryWithDescendants = async (ctx: Context, id: string): Promise<string[]> =>
  isId(id) ? findDescendantIds(ctx.db, id) : [];

async function getParent(ctx: Context, parentId: string | null): Promise<Category | null> {
  if (parentId === null) return null;
  const [parent] = isId(parentId) ? await findCategories(ctx.db, [parentId]) : [];
  if (!parent) throw new Refused(notFound('category', ['parentId']));
  return parent;
}

async function requireRoom(ctx: Context, parentId: string | null): Promise<void> {
  if ((await countChildren(ctx.db, parentId)) >= maxChildren)
    throw new Refused(
      conflict('TOO_MANY_CATEGORIES', `There are ${maxChildren} categories there already.`, ['parentId']),
    );
}

const tooDeep = (): Refused =>
  new Refused(conflict('TREE_TOO_DEEP', `The tree has at most ${maxDepth} levels.`, ['parentId']));

export interface CreateCategoryInput {
  idempotencyKey: string;
  name: string;
  handle?: string | null | undefined;
  description?: string | null | undefined;
  parentId?: string | null | undefined;
  position: number;
  minimumAge?: number | null | undefined;
}

interface NewCategory {
  handle: string;
  name: string;
  description: string | null;
  parentId: string | null;
  position: number;
  minimumAge: number | null;
}

/** Adds it at its place and gives its id, inside the caller's transaction. */
async function addCategory(ctx: Context, { parentId, ...facts }: NewCategory): Promise<string> {
  await lockTree(ctx.db);
  const parent = await getParent(ctx, parentId);
  await requireRoom(ctx, parent?.id ?? null);
  const id = ctx.newId();
  const place = placeBelow(parent, { id, handle: facts.handle });
  if (place.lineage.length > maxDepth) throw tooDeep();
  const row = { id, ...facts, parentId: parent?.id ?? null, ...place };
  if (!(await insertCategory(ctx.db, row, ctx.clock()))) throw new Refused(handleTaken());
  return id;
}

/** Adds a category below another or as a root, once per idempotency key. */
export async function createCategory(
  ctx: Context,
  input: CreateCategoryInput,
): Promise<Payload<{ category: Category }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    const name = input.name.trim();
    const handle = input.handle ?? handleOf(name);
    const wrong = checkHandle(handle, ['handle']);
    if (name === '' || name.length > 100)
      wrong.push(invalidInput('A category has a name of 1 to 100 characters.', ['name']));
    if ((input.description?.length ?? 0) > 5_000)
      wrong.push(invalidInput('A description has at most 5,000 characters.', ['description']));
    const { description = null, parentId = null, position, minimumAge = null } = input;
    if (!isMinimumAge(minimumAge)) wrong.push(noAge());
    if (wrong.length > 0) throw new Refused(...wrong);
    const id = await addOnce(ctx, 'createCategory', input, (ctx) =>
      addCategory(ctx, { handle, name, description, parentId, position, minimumAge }),
    );
    const [category] = await findCategories(ctx.db, [id]);
    if (!category) throw new Error(`category ${id} is gone`);
    return { category };
  });
}

const noAge = () => invalidInput('A minimum age is 1 to 99 years.', ['minimumAge']);

/** Sets or takes away the age limit of a category, for the orders to come. */
export async function setCategoryMinimumAge(
  ctx: Context,
  { id, minimumAge = null }: { id: string; minimumAge?: number | null | undefined },
): Promise<Payload<{ category: Category }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    if (!isMinimumAge(minimumAge)) throw new Refused(noAge());
    const category = isId(id) ? await saveMinimumAge(ctx.db, id, minimumAge) : null;
    if (!category) throw new Refused(notFound('category', ['id']));
    return { category };
  });
}

/** How old a buyer of what is in a category must be, by it and those above; null: of any age. */
export async function minimumAgeIn(ctx: Context, categoryId: string | null): Promise<number | null> {
  const category = categoryId === null ? null : await ctx.loaders.categoryById.load(categoryId);
  return category && greatestAge([...(await ancestors(ctx, category)), category]);
}

export interface MoveCategoryInput {
  id: string;
  parentId?: string | null | undefined;
  position?: number | null | undefined;
}

/** Moves a category with all below it. */
export async function moveCategory(
  ctx: Context,
  input: MoveCategoryInput,
): Promise<Payload<{ category: Category }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, () =>
    transact(ctx, async (ctx) => {
      await lockTree(ctx.db);
      const [present] = isId(input.id) ? await findCategories(ctx.db, [input.id]) : [];
      if (!present) throw new Refused(notFound('category', ['id']));
      const parent = await getParent(ctx, input.parentId ?? null);
      if (wouldCycle(present, parent))
        throw new Refused(conflict('CATEGORY_CYCLE', 'A category cannot be below itself.', ['parentId']));
      if (present.parentId !== (parent?.id ?? null)) await requireRoom(ctx, parent?.id ?? null);
      const place = placeBelow(parent, present);
      if (place.lineage.length + (await heightOf(ctx.db, present)) > maxDepth) throw tooDeep();
      const moved: Category = {
        ...present,
        ...place,
        parentId: parent?.id ?? null,
        level: place.lineage.length - 1,
        position: input.position ?? present.position,
      };
      await moveSubtree(ctx.db, moved, { depth: present.lineage.length, oldPath: present.path });
      return { category: moved };
    }),
  );
}
