/** Puts as many pieces into the warehouse as the file has sold, and a margin. */
import { createHash } from 'node:crypto';
import {
  ImportQuantitiesDocument,
  ImportStockDocument,
  type ImportStockQuery,
} from '../../client/operations.generated.js';
import { RefusedError } from '../../client/errors.js';
import { ShopError, type Shop } from '../retailer/session.js';

/** Pieces that one level can hold. */
const mostPieces = 10_000_000;
const leastMargin = 10;

/** What was sold and a tenth more, ten pieces at least: a replay may sell everything again without running dry. */
export const stockFor = (sold: number): number =>
  Math.min(mostPieces, sold + Math.max(leastMargin, Math.ceil(sold / 10)));

export interface Level {
  variantId: string;
  quantity: number;
}

/** Variants that have been counted in the warehouse before: their stock is the shop's business from then on. */
export async function countedIn(shop: Shop, warehouseId: string): Promise<Set<string>> {
  const counted = new Set<string>();
  let after: string | null = null;
  do {
    const { products }: ImportStockQuery = await shop.run(ImportStockDocument, { after });
    for (const { id, stock } of products.nodes.flatMap(({ variants }) => variants)) {
      if (!stock) throw new ShopError('The account may not see the stock: it takes an administrator.');
      if (stock.some(({ warehouse }) => warehouse.id === warehouseId)) counted.add(id);
    }
    after = products.pageInfo.hasNextPage ? (products.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return counted;
}

const levelsPerCall = 100;

export const levelCalls = (levels: readonly Level[]): Level[][] =>
  Array.from({ length: Math.ceil(levels.length / levelsPerCall) }, (_, i) =>
    levels.slice(i * levelsPerCall, (i + 1) * levelsPerCall),
  );

/** Counts these levels, once: they must be empty before. */
export async function setStock(shop: Shop, warehouseId: string, levels: readonly Level[]): Promise<void> {
  const quantities = levels.map((level) => ({ ...level, warehouseId, expectedQuantity: 0 }));
  const hash = createHash('sha256').update(JSON.stringify(quantities)).digest('hex').slice(0, 32);
  const { setInventoryQuantities } = await shop.run(ImportQuantitiesDocument, {
    input: { idempotencyKey: `retailer:stock:${hash}`, reason: "The retailer's file", quantities },
  });
  if (setInventoryQuantities.userErrors.length > 0) throw new RefusedError(setInventoryQuantities.userErrors);
}
