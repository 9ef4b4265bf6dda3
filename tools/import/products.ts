/** Adds the file's articles to the shop: one product with one variant for each stock code. */
import { createHash } from 'node:crypto';
import { ImportProductDocument } from '../../client/operations.generated.js';
import type { Article } from '../retailer/catalogue.js';
import { fileCurrency } from '../retailer/line.js';
import { priceText } from '../retailer/price-text.js';
import type { Shop } from '../retailer/session.js';

/** `15056BL` of `EDWARDIAN PARASOL BLACK`: several articles of the file share a name, so the code is in the handle. */
export const handleOf = ({ name, sku }: Pick<Article, 'name' | 'sku'>): string =>
  `${name} ${sku}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** Says what is added: the same article with another name or price is another intent. */
const hashOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, 16);

/** The new variant's id, or the code by which the shop refused the article. */
export async function addProduct(
  shop: Shop,
  article: Article,
): Promise<{ variantId: string } | { refused: string; message: string }> {
  const { sku, name, prices } = article;
  const [first] = prices;
  if (!first) throw new Error(`${sku} has no price.`);
  const regular = priceText(first.price);
  const { createProduct } = await shop.run(ImportProductDocument, {
    input: {
      idempotencyKey: `retailer:product:${sku}:${hashOf([name, regular])}`,
      name,
      handle: handleOf(article),
      status: 'ACTIVE',
      variants: [{ sku, prices: [{ currencyCode: fileCurrency, regular }] }],
    },
  });
  const [refusal] = createProduct.userErrors;
  if (refusal) return { refused: `SHOP_${refusal.code}`, message: refusal.message };
  const variantId = createProduct.product?.variants[0]?.id;
  if (!variantId) throw new Error(`The shop answered without the product ${sku}.`);
  return { variantId };
}
