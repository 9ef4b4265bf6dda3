/** Loaders of one request: what several objects ask for at once is one statement. */
import DataLoader from 'dataloader';
import { isId } from '../shared/ids.js';
import type { Page } from '../shared/pages.js';
import { findBrands } from './brand/store.js';
import type { Brand } from './brand/rules.js';
import type { Category } from './category/rules.js';
import { findCategories, findChildren } from './category/store.js';
import type { Db } from './database.js';
import type { Product } from './product/rules.js';
import { findProducts, pagesOfCategories } from './product/store.js';
import type { Review } from './review/rules.js';
import { findReviews, pagesOfProducts } from './review/store.js';
import type { Variant } from './variant/rules.js';
import { findVariants, findVariantsBySku, findVariantsOfProducts } from './variant/store.js';

export interface Loaders {
  productById: DataLoader<string, Product | null>;
  variantById: DataLoader<string, Variant | null>;
  variantBySku: DataLoader<string, Variant | null>;
  variantsOf: DataLoader<string, Variant[]>;
  brandById: DataLoader<string, Brand | null>;
  categoryById: DataLoader<string, Category | null>;
  childrenOf: DataLoader<string, Category[]>;
  reviewById: DataLoader<string, Review | null>;
  reviewsOf(page: Page): DataLoader<string, Review[]>;
  productsOfCategory(status: Product['status'] | null, page: Page): DataLoader<string, Product[]>;
  /** Forgets all that was loaded: after a mutation, what its payload shows is read anew. */
  clear(): void;
}

/** By id; null for what does not exist and for what cannot be an id at all. */
const byId = <T extends { id: string }>(
  find: (ids: readonly string[]) => Promise<T[]>,
): DataLoader<string, T | null> =>
  new DataLoader(async (ids) => {
    const possible = ids.filter(isId);
    const rows = possible.length > 0 ? await find(possible) : [];
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id.toLowerCase()) ?? null);
  });

/** The rows of each parent, in the order in which the statement gives them. */
const byParent = <T>(
  find: (parentIds: readonly string[]) => Promise<T[]>,
  parentOf: (row: T) => string | null,
): DataLoader<string, T[]> =>
  new DataLoader(async (parentIds) => {
    const groups = new Map<string | null, T[]>(parentIds.map((id) => [id, []]));
    for (const row of await find(parentIds)) groups.get(parentOf(row))?.push(row);
    return parentIds.map((id) => groups.get(id) ?? []);
  });

/** One loader per distinct set of arguments: equal pages of all parents are one statement. */
function perArguments<Arguments extends unknown[], T>(
  create: (...parameters: Arguments) => DataLoader<string, T>,
): { get: (...parameters: Arguments) => DataLoader<string, T>; clear: () => void } {
  const loaders = new Map<string, DataLoader<string, T>>();
  return {
    get: (...parameters) => {
      const key = JSON.stringify(parameters);
      const loader = loaders.get(key) ?? create(...parameters);
      loaders.set(key, loader);
      return loader;
    },
    clear: () => loaders.clear(),
  };
}

export function createLoaders(db: Db): Loaders {
  const single = {
    productById: byId((ids) => findProducts(db, ids)),
    variantById: byId((ids) => findVariants(db, ids)),
    variantBySku: new DataLoader<string, Variant | null>(async (skus) => {
      const found = new Map((await findVariantsBySku(db, skus)).map((variant) => [variant.sku, variant]));
      return skus.map((sku) => found.get(sku) ?? null);
    }),
    variantsOf: byParent<Variant>(
      (ids) => findVariantsOfProducts(db, ids),
      (variant) => variant.productId,
    ),
    brandById: byId((ids) => findBrands(db, ids)),
    categoryById: byId((ids) => findCategories(db, ids)),
    childrenOf: byParent<Category>(
      (ids) => findChildren(db, ids),
      (category) => category.parentId,
    ),
    reviewById: byId((ids) => findReviews(db, ids)),
  };
  const reviewsOf = perArguments((page: Page) =>
    byParent<Review>(
      (ids) => pagesOfProducts(db, ids, page),
      (review) => review.productId,
    ),
  );
  const productsOfCategory = perArguments((status: Product['status'] | null, page: Page) =>
    byParent(
      (ids) => pagesOfCategories(db, ids, status, page),
      (row) => row.parentId,
    ),
  );
  return {
    ...single,
    reviewsOf: reviewsOf.get,
    productsOfCategory: productsOfCategory.get,
    clear: () => {
      for (const loader of Object.values(single)) loader.clearAll();
      reviewsOf.clear();
      productsOfCategory.clear();
    },
  };
}
