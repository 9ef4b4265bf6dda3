import { badInput, notFound, Refused, versionConflict, type Payload } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { pageOf, connectionOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { isRepeat } from '../../shared/revision.js';
import { transact } from '../../shared/transaction.js';
import { may, requirePermission } from '../../shared/viewer.js';
import type { Attribute } from '../attribute/rules.js';
import type { Brand } from '../brand/rules.js';
import type { Category } from '../category/rules.js';
import { addOnce, change, handleTaken } from '../change.js';
import type { Context } from '../context.js';
import { handleOf } from '../handle/rules.js';
import { priceRange as rangeOfPrices } from '../price/rules.js';
import { emitProductChanged } from '../revision/service.js';
import { parseVariants, type NewVariantInput } from '../variant/rules.js';
import { addVariants, variantsOfProduct } from '../variant/service.js';
import { checkProduct, isKnown, isListed, type Product, type ProductFacts } from './rules.js';
import {
  addStars as addStarsTo,
  findProductByHandle,
  findProducts,
  insertProduct,
  listProductsByAge,
  listProductsByName,
  lockProduct,
  saveProduct,
} from './store.js';

const seesAll = (ctx: Context): boolean => may(ctx.viewer, 'catalog:write');

/** A product by its id or handle, exactly one of them; null when the viewer may not see it. */
export async function product(
  ctx: Context,
  { id, handle }: { id?: string | null | undefined; handle?: string | null | undefined },
): Promise<Product | null> {
  if ((id == null) === (handle == null)) throw badInput('Give either id or handle.');
  const found =
    id != null ? await ctx.loaders.productById.load(id) : await findProductByHandle(ctx.db, handle ?? '');
  return found && (isListed(found) || seesAll(ctx)) ? found : null;
}

/** The product that another object points to: also one that is no longer sold, but never a draft. */
export async function referencedProduct(ctx: Context, id: string): Promise<Product | null> {
  const found = await ctx.loaders.productById.load(id);
  return found && (isKnown(found) || seesAll(ctx)) ? found : null;
}

/** A product that must exist. */
export async function getProduct(ctx: Context, id: string): Promise<Product> {
  const found = await ctx.loaders.productById.load(id);
  if (!found) throw new Error(`product ${id} is gone`);
  return found;
}

/** From the cheapest to the dearest variant on sale, in the request's currency. */
export async function priceRange(ctx: Context, { id }: Product): Promise<ReturnType<typeof rangeOfPrices>> {
  const variants = await variantsOfProduct(ctx, id);
  return rangeOfPrices(
    variants.filter((variant) => variant.active).flatMap((variant) => variant.prices),
    ctx.currencyCode,
  );
}

export interface ProductFilter {
  categoryId?: string | null | undefined;
  brandId?: string | null | undefined;
  status?: Product['status'] | null | undefined;
}

/** Products page by page. */
export async function products(
  ctx: Context,
  parameters: PageArguments & {
    filter?: ProductFilter | null | undefined;
    sort: 'NEWEST' | 'NAME_ASC' | 'NAME_DESC';
  },
): Promise<Connection<Product>> {
  const { filter, sort } = parameters;
  const page = pageOf(parameters, sort === 'NEWEST' ? ['id'] : ['text', 'id']);
  const selection = {
    categoryId: filter?.categoryId ?? null,
    brandId: filter?.brandId ?? null,
    status: seesAll(ctx) ? (filter?.status ?? null) : ('ACTIVE' as const),
  };
  const keyOf = ({ sortName, id }: Product): string[] => (sort === 'NEWEST' ? [id] : [sortName, id]);
  const hopeless =
    [selection.categoryId, selection.brandId].some((id) => id !== null && !isId(id)) ||
    (!seesAll(ctx) && filter?.status != null && filter.status !== 'ACTIVE');
  if (hopeless) return connectionOf([], page, keyOf);
  const rows =
    sort === 'NEWEST'
      ? await listProductsByAge(ctx.db, selection, page)
      : await listProductsByName(ctx.db, selection, page, sort === 'NAME_ASC' ? 'ASC' : 'DESC');
  return connectionOf(rows, page, keyOf);
}

/** Products of the category and all below it, the newest first. */
export async function productsOfCategory(
  ctx: Context,
  { id }: Category,
  parameters: PageArguments,
): Promise<Connection<Product>> {
  const page = pageOf(parameters, ['id']);
  const rows = await ctx.loaders.productsOfCategory(seesAll(ctx) ? null : 'ACTIVE', page).load(id);
  return connectionOf(rows, page, (product) => [product.id]);
}

/** The brand and category that staff name, or NOT_FOUND. */
async function getPlaces(
  ctx: Context,
  { brandId, categoryId }: { brandId: string | null; categoryId: string | null },
): Promise<{ brand: Brand | null; category: Category | null }> {
  const [brand, category] = await Promise.all([
    brandId === null ? null : ctx.loaders.brandById.load(brandId),
    categoryId === null ? null : ctx.loaders.categoryById.load(categoryId),
  ]);
  const missing = [
    ...(brandId !== null && !brand ? [notFound('brand', ['brandId'])] : []),
    ...(categoryId !== null && !category ? [notFound('category', ['categoryId'])] : []),
  ];
  if (missing.length > 0) throw new Refused(...missing);
  return { brand, category };
}

interface ImageInput {
  url: URL;
  alt: string;
}
const imagesOf = (images: readonly ImageInput[]): Product['images'] =>
  images.map(({ url, alt }) => ({ url: url.toString(), alt }));

export interface CreateProductInput {
  idempotencyKey: string;
  name: string;
  handle?: string | null | undefined;
  description: string;
  status: Product['status'];
  brandId?: string | null | undefined;
  categoryId?: string | null | undefined;
  taxCategory: Product['taxCategory'];
  images: ImageInput[];
  attributes: Attribute[];
  variants: NewVariantInput[];
}

/** Inserts the product; a handle that was not given gets a tail while another product has it. */
async function insertWithHandle(
  ctx: Context,
  facts: ProductFacts & { id: string },
  given: boolean,
): Promise<void> {
  if (await insertProduct(ctx.db, facts, ctx.clock())) return;
  for (let attempt = 0; !given && attempt < 8; attempt += 1) {
    const handle = `${facts.handle}-${ctx.newTail().toLowerCase()}`;
    if (await insertProduct(ctx.db, { ...facts, handle }, ctx.clock())) return;
  }
  throw new Refused(handleTaken());
}

/** Adds a product with its variants and their prices; once per idempotency key. */
export async function createProduct(
  ctx: Context,
  input: CreateProductInput,
): Promise<Payload<{ product: Product }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    const facts: ProductFacts = {
      name: input.name.trim(),
      handle: input.handle ?? (handleOf(input.name).slice(0, 90) || 'product'),
      description: input.description,
      status: input.status,
      taxCategory: input.taxCategory,
      brandId: input.brandId ?? null,
      categoryId: input.categoryId ?? null,
      images: imagesOf(input.images),
      attributes: input.attributes,
    };
    const { variants, wrong } = parseVariants(input.variants, [], ['variants']);
    const problems = [...checkProduct(facts), ...wrong];
    if (problems.length > 0) throw new Refused(...problems);
    const { brand } = await getPlaces(ctx, facts);
    const id = await addOnce(ctx, 'createProduct', input, async (ctx) => {
      const productId = ctx.newId();
      await insertWithHandle(ctx, { id: productId, ...facts }, input.handle != null);
      await addVariants(ctx, variants, {
        productId,
        productName: facts.name,
        brandName: brand?.name ?? null,
        firstPosition: 0,
        fieldOf: (i) => ['variants', String(i)],
      });
      await emitProductChanged(ctx, productId);
      return productId;
    });
    const [created] = await findProducts(ctx.db, [id]);
    if (!created) throw new Error(`product ${id} is gone`);
    return { product: created };
  });
}

export interface UpdateProductInput {
  id: string;
  expectedVersion: number;
  name?: string | null | undefined;
  handle?: string | null | undefined;
  description?: string | null | undefined;
  status?: Product['status'] | null | undefined;
  brandId?: string | null | undefined;
  categoryId?: string | null | undefined;
  taxCategory?: Product['taxCategory'] | null | undefined;
  images?: ImageInput[] | null | undefined;
  attributes?: Attribute[] | null | undefined;
}

const merge = (present: Product, input: UpdateProductInput): Product => ({
  ...present,
  name: input.name?.trim() ?? present.name,
  handle: input.handle ?? present.handle,
  description: input.description ?? present.description,
  status: input.status ?? present.status,
  taxCategory: input.taxCategory ?? present.taxCategory,
  brandId: input.brandId === undefined ? present.brandId : input.brandId,
  categoryId: input.categoryId === undefined ? present.categoryId : input.categoryId,
  images: input.images ? imagesOf(input.images) : present.images,
  attributes: input.attributes ?? present.attributes,
});

/** Changes a product, if it still has `expectedVersion`; a repeat finds it changed. */
export async function updateProduct(
  ctx: Context,
  input: UpdateProductInput,
): Promise<Payload<{ product: Product }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    await getPlaces(ctx, { brandId: input.brandId ?? null, categoryId: input.categoryId ?? null });
    const product = await transact(ctx, async (ctx) => {
      const present = isId(input.id) ? await lockProduct(ctx.db, input.id) : null;
      if (!present) throw new Refused(notFound('product', ['id']));
      const changed = merge(present, input);
      const wrong = checkProduct(changed);
      if (wrong.length > 0) throw new Refused(...wrong);
      if (isRepeat(present.version, input.expectedVersion, present, changed)) return present;
      const saved = await saveProduct(ctx.db, changed, input.expectedVersion, ctx.clock());
      if (!saved) throw new Refused(versionConflict(input.expectedVersion, present.version));
      await emitProductChanged(ctx, saved.id);
      return saved;
    });
    return { product };
  });
}

/** Adds a review's stars to the product's rating and tells of it, inside the caller's transaction. */
export async function addStars(ctx: Context, productId: string, stars: number): Promise<void> {
  await addStarsTo(ctx.db, productId, stars);
  await emitProductChanged(ctx, productId);
}
