/** The shop's articles by SKU, as they are now. */
import { ImportArticlesDocument, type ImportArticlesQuery } from '../../client/operations.generated.js';
import { fromDecimal } from '../../subgraphs/shared/money.js';
import { fileCurrency } from './line.js';
import type { Shop } from './session.js';

export interface ShopArticle {
  variantId: string;
  /** Regular price in pence; null where it has none in the file's currency. */
  price: bigint | null;
}

/** All articles of the shop. */
export async function readArticles(shop: Shop): Promise<Map<string, ShopArticle>> {
  const articles = new Map<string, ShopArticle>();
  let after: string | null = null;
  do {
    const { products }: ImportArticlesQuery = await shop.run(ImportArticlesDocument, { after });
    for (const { id, sku, prices } of products.nodes.flatMap(({ variants }) => variants)) {
      const price = prices.find(({ regular }) => regular.currencyCode === fileCurrency);
      articles.set(sku, {
        variantId: id,
        price: price ? fromDecimal(price.regular.amount, fileCurrency) : null,
      });
    }
    after = products.pageInfo.hasNextPage ? (products.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return articles;
}
