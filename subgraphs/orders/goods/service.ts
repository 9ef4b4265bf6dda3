/** What catalog and inventory say about variants now; never from a cache. */
import { fromDecimal } from '../../shared/money.js';
import type { Offer } from '../cart/rules.js';
import type { Context } from '../context.js';
import { VariantsForSaleDocument } from '../operations/catalog.generated.js';
import { AvailableQuantitiesDocument } from '../operations/inventory.generated.js';

/** So many variants catalog and inventory tell of at once. */
const maxPerCall = 200;

const portionsOf = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / maxPerCall) }, (_, i) =>
    ids.slice(i * maxPerCall, (i + 1) * maxPerCall),
  );

type Article = Omit<Offer, 'available'>;

/** Facts of the variants by id; those that do not exist are left out, those not for sale have no price. */
export async function articlesFor(
  ctx: Context,
  ids: readonly string[],
  currencyCode: string,
): Promise<Map<string, Article>> {
  const answers = await Promise.all(
    portionsOf(ids).map((portion) =>
      ctx.call('catalog', VariantsForSaleDocument, { ids: portion, currencyCode }),
    ),
  );
  return new Map(
    answers
      .flatMap(({ variantsForSale }) => variantsForSale)
      .map((variant) => {
        const { unitPrice } = variant;
        const price = unitPrice && fromDecimal(unitPrice.amount, unitPrice.currencyCode);
        const article: Article = {
          variantId: variant.id,
          productId: variant.productId,
          sku: variant.sku,
          name: variant.name,
          unitAmount:
            variant.purchasable && unitPrice?.currencyCode === currencyCode ? (price ?? null) : null,
          taxCategory: variant.taxCategory,
          weightGrams: variant.weightGrams ?? 0,
          imageUrl: variant.imageUrl ?? null,
          attributes: variant.attributes,
          categoryIds: [...variant.categoryIds],
          minimumAge: variant.minimumAge ?? null,
        };
        return [variant.id, article];
      }),
  );
}

/** The same with how many pieces there are. */
export async function offersFor(
  ctx: Context,
  ids: readonly string[],
  currencyCode: string,
): Promise<Map<string, Offer>> {
  if (ids.length === 0) return new Map();
  const [articles, answers] = await Promise.all([
    articlesFor(ctx, ids, currencyCode),
    Promise.all(
      portionsOf(ids).map((variantIds) => ctx.call('inventory', AvailableQuantitiesDocument, { variantIds })),
    ),
  ]);
  const available = new Map(
    answers.flatMap((answer) => answer.availableQuantities).map((one) => [one.variantId, one.quantity]),
  );
  return new Map(
    [...articles].map(([id, article]) => [id, { ...article, available: available.get(id) ?? 0 }]),
  );
}
