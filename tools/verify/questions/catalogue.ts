/** Catalogue: what products and categories keep so that lists need not compute it. */
import type { Question } from './question.js';

export const catalogue: Question[] = [
  {
    name: 'catalogue.ratings',
    holds: "a product's rating is the sum of its reviews",
    looksAt: 'catalog.product',
    sql: `
      SELECT p.id, p.rating_count, p.rating_sum, coalesce(r.count, 0) AS reviews, coalesce(r.sum, 0) AS stars
      FROM catalog.product p LEFT JOIN (
        SELECT product_id, count(*) AS count, sum(rating) AS sum FROM catalog.review GROUP BY 1
      ) r ON r.product_id = p.id
      WHERE p.rating_count <> coalesce(r.count, 0) OR p.rating_sum <> coalesce(r.sum, 0)`,
  },
  {
    name: 'catalogue.lineage',
    holds: "a category's lineage is its parent's and itself",
    looksAt: 'catalog.category',
    sql: `
      SELECT c.id, c.parent_id, c.lineage, p.lineage AS parent_lineage
      FROM catalog.category c LEFT JOIN catalog.category p ON p.id = c.parent_id
      WHERE c.lineage IS DISTINCT FROM coalesce(p.lineage, '{}') || c.id OR p.id IS DISTINCT FROM c.parent_id`,
  },
];
