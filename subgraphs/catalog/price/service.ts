import {
  badInput,
  invalidInput,
  notFound,
  Refused,
  type Payload,
  type UserError,
} from '../../shared/errors.js';
import { emit, event } from '../../shared/events/outbox.js';
import { watchEach } from '../../shared/live.js';
import { transact } from '../../shared/transaction.js';
import { may, requirePermission } from '../../shared/viewer.js';
import { change } from '../change.js';
import type { Context } from '../context.js';
import { lockProducts, raiseRevisions } from '../revision/service.js';
import { isVariantOnSale, type Variant } from '../variant/rules.js';
import {
  currentPrice,
  isPrice,
  parsePrice,
  priceDifferences,
  type PriceChange,
  type PriceDifference,
  type PriceInput,
  type VariantPrice,
} from './rules.js';
import { findPrices, savePrices } from './store.js';

const maxPrices = 500;
const maxWatched = 100;

export const priceTopic = (variantId: string): string => `price:${variantId}`;

/** Writes what differs and tells of it, inside the caller's transaction. */
async function apply(
  ctx: Context,
  differences: readonly PriceDifference[],
  productIdOf: (variantId: string) => string,
): Promise<void> {
  await savePrices(
    ctx.db,
    differences.map(({ price }) => price),
    ctx.clock(),
  );
  await emit(
    ctx,
    ...differences.map(({ price, previousAmount }) =>
      event('PriceChanged', price.variantId, {
        variantId: price.variantId,
        productId: productIdOf(price.variantId),
        currencyCode: price.currencyCode,
        amount: currentPrice(price).amount.toString(),
        previousAmount: previousAmount?.toString() ?? null,
      }),
    ),
  );
}

/** First prices of new variants of one product, inside the caller's transaction. */
export const addPrices = (ctx: Context, productId: string, prices: readonly VariantPrice[]): Promise<void> =>
  apply(ctx, priceDifferences([], prices), () => productId);

interface VariantPriceInput extends PriceInput {
  variantId: string;
}

function parseInput(inputs: readonly VariantPriceInput[]): VariantPrice[] {
  const wrong: UserError[] = [];
  if (inputs.length === 0 || inputs.length > maxPrices)
    wrong.push(invalidInput(`Give 1 to ${maxPrices} prices.`, ['prices']));
  const seen = new Set<string>();
  const prices = inputs.flatMap((input, i) => {
    const field = ['prices', String(i)];
    const variantId = input.variantId.toLowerCase();
    const key = `${variantId} ${input.currencyCode}`;
    if (seen.has(key)) wrong.push(invalidInput('The variant has a price in this currency already.', field));
    seen.add(key);
    const price = parsePrice(input, field);
    if (isPrice(price)) return [{ variantId, ...price }];
    wrong.push(price);
    return [];
  });
  if (wrong.length > 0) throw new Refused(...wrong);
  return prices;
}

/** Sets prices, all or none; only those that differ are written and told of. */
export async function setVariantPrices(
  ctx: Context,
  input: { prices: VariantPriceInput[] },
): Promise<Payload<{ variants: Variant[] }>> {
  requirePermission(ctx.viewer, 'catalog:write');
  return change(ctx, async () => {
    const wanted = parseInput(input.prices);
    const variants = await Promise.all(wanted.map((price) => ctx.loaders.variantById.load(price.variantId)));
    const missing = variants.flatMap((variant, i) =>
      variant ? [] : [notFound('variant', ['prices', String(i), 'variantId'])],
    );
    if (missing.length > 0) throw new Refused(...missing);
    const productIds = new Map(
      variants.flatMap((variant) => (variant ? [[variant.id, variant.productId]] : [])),
    );
    await transact(ctx, async (ctx) => {
      await lockProducts(ctx, [...new Set(productIds.values())]);
      const present = await findPrices(ctx.db, [...productIds.keys()]);
      const differences = priceDifferences(present, wanted);
      if (differences.length === 0) return;
      const productIdOf = (variantId: string): string => productIds.get(variantId) ?? '';
      await raiseRevisions(ctx, [...new Set(differences.map(({ price }) => productIdOf(price.variantId)))]);
      await apply(ctx, differences, productIdOf);
    });
    ctx.loaders.clear();
    const changed = await Promise.all([...productIds.keys()].map((id) => ctx.loaders.variantById.load(id)));
    return { variants: changed.filter((variant) => variant !== null) };
  });
}

/** Each of the variants at once, and again whenever its price changes; those that the viewer may not see are passed over. */
export async function priceChanged(
  ctx: Context,
  variantIds: readonly string[],
): Promise<AsyncIterableIterator<PriceChange>> {
  if (variantIds.length === 0 || variantIds.length > maxWatched)
    throw badInput(`Give 1 to ${maxWatched} variants to watch.`, ['variantIds']);
  const staff = may(ctx.viewer, 'catalog:write');
  const variants = await Promise.all(variantIds.map((id) => ctx.loaders.variantById.load(id)));
  const watched = variants.filter(
    (variant): variant is Variant => variant !== null && (staff || isVariantOnSale(variant)),
  );
  const changes = new Map(watched.map(({ id }) => [priceTopic(id), { variantId: id }]));
  return watchEach(ctx.live, [...changes.keys()], async (topic) => changes.get(topic) ?? null);
}
