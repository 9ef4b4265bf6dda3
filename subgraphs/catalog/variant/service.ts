import { badInput, notFound, Refused, versionConflict, type Payload } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { isRepeat } from '../../shared/revision.js';
import { transact } from '../../shared/transaction.js';
import { may, requirePermission } from '../../shared/viewer.js';
import { checkAttributes, type Attribute } from '../attribute/rules.js';
import { addOnce, change, skuTaken } from '../change.js';
import type { Context } from '../context.js';
import { addPrices } from '../price/service.js';
import { checkLink } from '../link/rules.js';
import { emitProductChanged, lockProducts, raiseRevisions } from '../revision/service.js';
import { normalizeSku, skuStem, skuWithTail } from '../sku/rules.js';
import {
  checkSku,
  checkWeight,
  forSale,
  isVariantOnSale,
  parseVariants,
  type NewVariant,
  type NewVariantInput,
  type Variant,
  type VariantForSale,
} from './rules.js';
import {
  findVariantFacts,
  findVariants,
  findVariantsOfProducts,
  insertVariants,
  saveVariant,
  type VariantRow,
} from './store.js';

const maxForSale = 200;

/** A variant by its id or SKU, exactly one of them; null when the viewer may not see it. */
export async function productVariant(
  ctx: Context,
  { id, sku }: { id?: string | null | undefined; sku?: string | null | undefined },
): Promise<Variant | null> {
  if ((id == null) === (sku == null)) throw badInput('Give either id or sku.');
  const variant =
    id != null
      ? await ctx.loaders.variantById.load(id)
      : await ctx.loaders.variantBySku.load(normalizeSku(sku ?? ''));
  return variant && (isVariantOnSale(variant) || may(ctx.viewer, 'catalog:write')) ? variant : null;
}

/** The variant that another object points to: also one that is no longer sold, but never one of a draft. */
export async function referencedVariant(
  ctx: Context,
  key: { id: string } | { sku: string },
): Promise<Variant | null> {
  const variant = await ('id' in key
    ? ctx.loaders.variantById.load(key.id)
    : ctx.loaders.variantBySku.load(normalizeSku(key.sku)));
  return variant && (variant.productStatus !== 'DRAFT' || may(ctx.viewer, 'catalog:write')) ? variant : null;
}

/** A variant that must exist. */
export async function getVariant(ctx: Context, id: string): Promise<Variant> {
  const variant = await ctx.loaders.variantById.load(id);
  if (!variant) throw new Error(`variant ${id} is gone`);
  return variant;
}

/** A product's variants in order; inactive ones for staff only. */
export async function variantsOfProduct(ctx: Context, productId: string): Promise<Variant[]> {
  const variants = await ctx.loaders.variantsOf.load(productId);
  return may(ctx.viewer, 'catalog:write') ? variants : variants.filter((variant) => variant.active);
}

/** What checkout has to know of variants; one statement, no cache. Unknown ids are left out. */
export async function variantsForSale(
  ctx: Context,
  ids: readonly string[],
  currencyCode: string,
): Promise<VariantForSale[]> {
  if (ids.length > maxForSale) throw badInput(`At most ${maxForSale} variants at once.`, ['ids']);
  const facts = await findVariantFacts(ctx.db, ids.filter(isId));
  return facts.map((variant) => forSale(variant, currencyCode));
}

export interface NewVariantsOf {
  productId: string;
  productName: string;
  brandName: string | null;
  firstPosition: number;
  /** Path inside `input` to the variant at `i`. */
  fieldOf: (i: number) => string[];
}

const skuAttempts = 8;

/**
 * Adds variants with their first prices, inside the caller's transaction, and gives their ids. A SKU that was not given is
 * made, and made anew while another variant has it; SKU_TAKEN for one that was given.
 */
export async function addVariants(
  ctx: Context,
  variants: readonly NewVariant[],
  of: NewVariantsOf,
): Promise<string[]> {
  const withSku = (variant: NewVariant, id: string, position: number): VariantRow => {
    const options = variant.selectedOptions.map((option) => option.value);
    const stem = skuStem({ brand: of.brandName, product: of.productName, options });
    return { ...variant, id, position, sku: variant.sku ?? skuWithTail(stem, ctx.newTail()) };
  };
  const all = variants.map((variant, i) => ({ variant, id: ctx.newId(), i }));
  let pending = all;
  for (let attempt = 0; pending.length > 0 && attempt < skuAttempts; attempt += 1) {
    const rows = pending.map(({ variant, id, i }) => withSku(variant, id, of.firstPosition + i));
    const inserted = await insertVariants(ctx.db, of.productId, rows, ctx.clock());
    pending = pending.filter(({ id }) => !inserted.has(id));
    const taken = pending.filter(({ variant }) => variant.sku !== null);
    if (taken.length > 0) throw new Refused(...taken.map(({ i }) => skuTaken([...of.fieldOf(i), 'sku'])));
  }
  if (pending.length > 0) throw new Error(`no free SKU in ${skuAttempts} attempts`);
  await addPrices(
    ctx,
    of.productId,
    all.flatMap(({ variant, id }) => variant.prices.map((price) => ({ variantId: id, ...price }))),
  );
  return all.map(({ id }) => id);
}

export interface CreateVariantInput {
  idempotencyKey: string;
  productId: string;
  variant: NewVariantInput;
}

/** Adds a variant to a product, once per idempotency key; VARIANT_EXISTS when it has one with the same options. */
export async function createVariant(
  ctx: Context,
  input: CreateVariantInput,
): Promise<Payload<{ variant: Variant }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    const product = await ctx.loaders.productById.load(input.productId);
    if (!product) throw new Refused(notFound('product', ['productId']));
    const brand = product.brandId === null ? null : await ctx.loaders.brandById.load(product.brandId);
    const id = await addOnce(ctx, 'createVariant', input, async (ctx) => {
      await lockProducts(ctx, [product.id]);
      const siblings = await findVariantsOfProducts(ctx.db, [product.id]);
      const { variants, wrong } = parseVariants([input.variant], siblings, ['variant'], () => ['variant']);
      if (wrong.length > 0) throw new Refused(...wrong);
      const [variantId] = await addVariants(ctx, variants, {
        productId: product.id,
        productName: product.name,
        brandName: brand?.name ?? null,
        firstPosition: siblings.length,
        fieldOf: () => ['variant'],
      });
      await raiseRevisions(ctx, [product.id]);
      await emitProductChanged(ctx, product.id);
      return variantId ?? '';
    });
    const [variant] = await findVariants(ctx.db, [id]);
    if (!variant) throw new Error(`variant ${id} is gone`);
    return { variant };
  });
}

export interface UpdateVariantInput {
  id: string;
  expectedVersion: number;
  sku?: string | null | undefined;
  weightGrams?: number | null | undefined;
  attributes?: Attribute[] | null | undefined;
  imageUrl?: URL | null | undefined;
  active?: boolean | null | undefined;
}

/** What staff may write of a variant once it is there. */
const factsOf = ({ sku, weightGrams, attributes, imageUrl, active }: Variant): object => ({
  ...{ sku, weightGrams, attributes, imageUrl, active },
});

/** Changes a variant, if it still has `expectedVersion`; a repeat finds it changed. */
export async function updateVariant(
  ctx: Context,
  input: UpdateVariantInput,
): Promise<Payload<{ variant: Variant }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    const wrong = [
      ...checkSku(input.sku, ['sku']),
      ...checkWeight(input.weightGrams, ['weightGrams']),
      ...checkAttributes(input.attributes ?? [], ['attributes']),
      ...checkLink(input.imageUrl?.toString(), ['imageUrl']),
    ];
    if (wrong.length > 0) throw new Refused(...wrong);
    const found = await ctx.loaders.variantById.load(input.id);
    if (!found) throw new Refused(notFound('variant', ['id']));
    const variant = await transact(ctx, async (ctx) => {
      await lockProducts(ctx, [found.productId]);
      const [present] = await findVariants(ctx.db, [found.id]);
      if (!present) throw new Refused(notFound('variant', ['id']));
      const changed: Variant = {
        ...present,
        sku: input.sku == null ? present.sku : normalizeSku(input.sku),
        weightGrams: input.weightGrams === undefined ? present.weightGrams : input.weightGrams,
        attributes: input.attributes ?? present.attributes,
        imageUrl: input.imageUrl === undefined ? present.imageUrl : (input.imageUrl?.toString() ?? null),
        active: input.active ?? present.active,
      };
      if (isRepeat(present.version, input.expectedVersion, factsOf(present), factsOf(changed)))
        return present;
      if (!(await saveVariant(ctx.db, changed, input.expectedVersion, ctx.clock())))
        throw new Refused(versionConflict(input.expectedVersion, present.version));
      await raiseRevisions(ctx, [present.productId]);
      await emitProductChanged(ctx, present.productId);
      return { ...changed, version: present.version + 1 };
    });
    return { variant };
  });
}
