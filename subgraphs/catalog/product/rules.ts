/** A product: something the shop sells, in one or more variants. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { checkAttributes, type Attribute } from '../attribute/rules.js';
import { checkHandle } from '../handle/rules.js';
import { checkLink } from '../link/rules.js';
import type { Variant } from '../variant/rules.js';

export interface Image {
  url: string;
  alt: string;
}

export interface Product {
  id: string;
  handle: string;
  name: string;
  /** Lower case: the key of the order by name. */
  sortName: string;
  description: string;
  status: 'DRAFT' | 'ACTIVE' | 'INACTIVE' | 'DISCONTINUED';
  taxCategory: 'STANDARD' | 'REDUCED' | 'ZERO';
  brandId: string | null;
  categoryId: string | null;
  /** In order; the first is the primary one. */
  images: Image[];
  attributes: Attribute[];
  ratingCount: number;
  ratingSum: number;
  version: number;
  createdAt: Date;
}

/** What staff may write of a product. */
export type ProductFacts = Pick<
  Product,
  | 'handle'
  | 'name'
  | 'description'
  | 'status'
  | 'taxCategory'
  | 'brandId'
  | 'categoryId'
  | 'images'
  | 'attributes'
>;

/** Whether the public finds it in lists and by its id. */
export const isListed = (product: Pick<Product, 'status'>): boolean => product.status === 'ACTIVE';

/** Whether what points to it (an order, a wish list) shows it to the public: all but what was never on sale. */
export const isKnown = (product: Pick<Product, 'status'>): boolean => product.status !== 'DRAFT';

/** What is wrong with facts that were given. */
export function checkProduct(facts: Partial<ProductFacts>): UserError[] {
  const wrong: UserError[] = [];
  const { name, handle, description, images, attributes } = facts;
  if (name !== undefined && (name.trim() === '' || name.length > 200))
    wrong.push(invalidInput('A product has a name of 1 to 200 characters.', ['name']));
  if (handle !== undefined) wrong.push(...checkHandle(handle, ['handle']));
  if ((description?.length ?? 0) > 20_000)
    wrong.push(invalidInput('A description has at most 20,000 characters.', ['description']));
  if ((images?.length ?? 0) > 50) wrong.push(invalidInput('A product has at most 50 images.', ['images']));
  images?.forEach((image, i) => {
    wrong.push(...checkLink(image.url, ['images', String(i), 'url']));
    if (image.alt.length > 500)
      wrong.push(invalidInput("An image's text has at most 500 characters.", ['images', String(i), 'alt']));
  });
  return [...wrong, ...checkAttributes(attributes ?? [], ['attributes'])];
}

/** The options of a product are those of its variants; values in the order in which variants first have them. */
export function optionsOf(variants: readonly Pick<Variant, 'selectedOptions'>[]): {
  name: string;
  values: string[];
}[] {
  const options = new Map<string, { name: string; values: Set<string> }>();
  for (const { name, value } of variants.flatMap((variant) => variant.selectedOptions)) {
    const key = name.toLowerCase();
    const option = options.get(key) ?? { name, values: new Set<string>() };
    options.set(key, option);
    option.values.add(value);
  }
  return [...options.values()].map(({ name, values }) => ({ name, values: [...values] }));
}
