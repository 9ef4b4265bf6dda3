/** A category: a node of the tree in which products are sorted. */
export interface Category {
  id: string;
  handle: string;
  name: string;
  description: string | null;
  parentId: string | null;
  /** Ids from the root down to the category itself. */
  lineage: string[];
  /** Handles from the root down to the category itself, with slashes. */
  path: string;
  level: number;
  position: number;
  /** How old a buyer of what is in it or below must be, in years; null: it sets no limit. */
  minimumAge: number | null;
}

export const isMinimumAge = (years: number | null): boolean => years === null || (years >= 1 && years <= 99);

/** The greatest limit of the categories; null: none has one. */
export const greatestAge = (categories: readonly Pick<Category, 'minimumAge'>[]): number | null =>
  categories.reduce<number | null>(
    (greatest, { minimumAge }) => (minimumAge === null ? greatest : Math.max(minimumAge, greatest ?? 0)),
    null,
  );

export const maxDepth = 10;
export const maxChildren = 200;

/** Lineage and path of a category below `parent`. */
export const placeBelow = (
  parent: Pick<Category, 'lineage' | 'path'> | null,
  { id, handle }: Pick<Category, 'id' | 'handle'>,
): Pick<Category, 'lineage' | 'path'> =>
  parent
    ? { lineage: [...parent.lineage, id], path: `${parent.path}/${handle}` }
    : { lineage: [id], path: handle };

/** Whether `parent` is the category itself or below it: it cannot be put there. */
export const wouldCycle = (
  category: Pick<Category, 'id'>,
  parent: Pick<Category, 'lineage'> | null,
): boolean => parent?.lineage.includes(category.id) ?? false;
