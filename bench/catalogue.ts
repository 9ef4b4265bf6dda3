/** What is sold while it is measured: invented goods, three variants each, of which there is more than anybody can buy. */
import { randomUUID } from 'node:crypto';
import {
  CreateBrandDocument,
  CreateCategoryDocument,
  CreateProductDocument,
  CreateWarehouseDocument,
  ProductsDocument,
  SearchProductsDocument,
  SetInventoryQuantitiesDocument,
  SignInDocument,
} from '../client/operations.generated.js';
import { accepted } from '../client/client.js';
import type { Asker } from './ask.js';

const materials =
  'Ash Brass Copper Cotton Felt Glass Iron Jute Leather Linen Oak Paper Pewter Pine Silk Slate Steel Stone Wool Zinc';
const things =
  'anchor apron barrel basket bell blanket bottle bowl bucket candle chest clock compass cushion flask jug kettle ladle lantern mirror mug needle oven pan pillow plate pot quilt rope rug sail scale scarf shelf spoon stool table tray trunk vase';
const words = (text: string): string[] => text.split(' ');
const sizes = ['Small', 'Medium', 'Large'];
const categoryCount = 12;
const brandCount = 10;

export interface Catalogue {
  handles: string[];
  variantIds: string[];
  /** Cursors of the first pages of 24, the first page's being null. */
  cursors: (string | null)[];
  /** Each is in the name of many products. */
  searchWords: string[];
}

/** Every name has a number: `Brass lantern 41`. */
function nameOf(i: number): string {
  const [a, b] = [words(materials), words(things)];
  return `${a[i % a.length] ?? ''} ${b[Math.floor(i / a.length) % b.length] ?? ''} ${i + 1}`;
}

/** Runs `once` for 0 to count - 1, eight at a time. */
async function each(count: number, once: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await once(next++);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function createShelves(
  asker: Asker,
  token: string,
): Promise<{ brands: string[]; categories: string[] }> {
  const brands: string[] = [];
  for (let i = 0; i < brandCount; i += 1) {
    const input = { idempotencyKey: randomUUID(), name: `Bench brand ${i + 1}` };
    brands.push(accepted((await asker.ask(CreateBrandDocument, { input }, token)).createBrand, 'brand').id);
  }
  const categories: string[] = [];
  for (let i = 0; i < categoryCount; i += 1) {
    // Three roots with three below each.
    const parentId = i < 3 ? null : categories[i % 3];
    const input = { idempotencyKey: randomUUID(), name: `Bench category ${i + 1}`, parentId };
    const { createCategory } = await asker.ask(CreateCategoryDocument, { input }, token);
    categories.push(accepted(createCategory, 'category').id);
  }
  return { brands, categories };
}

async function createBenchWarehouse(asker: Asker, token: string, code: string): Promise<string> {
  const { createWarehouse } = await asker.ask(
    CreateWarehouseDocument,
    {
      input: {
        idempotencyKey: randomUUID(),
        code,
        name: `Bench warehouse ${code}`,
        address: { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
      },
    },
    token,
  );
  return accepted(createWarehouse, 'warehouse').id;
}

/** One article with a single variant, of which there are so many; the variant's id. */
export async function createArticle(
  asker: Asker,
  token: string,
  name: string,
  quantity: number,
): Promise<string> {
  const input = {
    idempotencyKey: randomUUID(),
    name,
    status: 'ACTIVE' as const,
    variants: [{ weightGrams: 300, prices: [{ currencyCode: 'EUR', regular: '19.90' }] }],
  };
  const { createProduct } = await asker.ask(CreateProductDocument, { input }, token);
  const variantId = accepted(createProduct, 'product').variants[0]?.id ?? '';
  const warehouseId = await createBenchWarehouse(asker, token, `BENCH-${randomUUID().slice(0, 8)}`);
  const quantities = [{ variantId, warehouseId, quantity }];
  const stock = { idempotencyKey: randomUUID(), reason: 'Opening stock', quantities };
  // Stock knows the variant by an event.
  for (let i = 0; ; i += 1) {
    const { setInventoryQuantities } = await asker
      .ask(SetInventoryQuantitiesDocument, { input: stock }, token)
      .catch((error: unknown) => {
        if (i === 100) throw error;
        return { setInventoryQuantities: undefined };
      });
    if (setInventoryQuantities) return variantId;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function createGoods(asker: Asker, token: string, count: number): Promise<void> {
  const { brands, categories } = await createShelves(asker, token);
  const warehouseId = await createBenchWarehouse(asker, token, 'BENCH');
  await each(count, async (i) => {
    const input = {
      idempotencyKey: randomUUID(),
      name: nameOf(i),
      description: `${nameOf(i)}, made by hand and measured by machine. `.repeat(4),
      status: 'ACTIVE' as const,
      brandId: brands[i % brandCount],
      categoryId: categories[3 + (i % (categoryCount - 3))],
      images: [{ url: `https://images.example.com/${i}.jpg`, alt: nameOf(i) }],
      attributes: [{ name: 'Material', value: words(materials)[i % words(materials).length] ?? '' }],
      variants: sizes.map((size, n) => ({
        selectedOptions: [{ name: 'Size', value: size }],
        weightGrams: 200 * (n + 1),
        prices: [{ currencyCode: 'EUR', regular: `${5 + (i % 90)}.${n}9` }],
      })),
    };
    const { createProduct } = await asker.ask(CreateProductDocument, { input }, token);
    const quantities = accepted(createProduct, 'product').variants.map(({ id: variantId }) => ({
      variantId,
      warehouseId,
      quantity: 1_000_000,
    }));
    const stock = { idempotencyKey: randomUUID(), reason: 'Opening stock', quantities };
    await asker.ask(SetInventoryQuantitiesDocument, { input: stock }, token);
  });
}

/** Adds `count` products as staff, and waits until search and stock know them. */
export async function fillShop(
  asker: Asker,
  staff: { email: string; password: string },
  count: number,
): Promise<void> {
  const { signIn } = await asker.ask(SignInDocument, { input: staff });
  await createGoods(asker, accepted(signIn, 'session').accessToken, count);
  const last = nameOf(count - 1);
  for (let i = 0; ; i += 1) {
    const { searchProducts } = await asker.ask(SearchProductsDocument, { query: last, first: 1 });
    if (searchProducts.nodes[0]?.name === last) return;
    if (i === 600) throw new Error(`Search did not learn of "${last}" within a minute.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Reads what there is to ask for: bench goods on the first ten pages. */
export async function readCatalogue(asker: Asker): Promise<Catalogue> {
  const catalogue: Catalogue = { handles: [], variantIds: [], cursors: [], searchWords: words(things) };
  let after: string | null = null;
  for (let page = 0; page < 10; page += 1) {
    catalogue.cursors.push(after);
    const variables = { sort: 'NEWEST' as const, first: 24, after };
    const { products }: Awaited<ReturnType<typeof askPage>> = await askPage(asker, variables);
    for (const { handle, variants, images } of products.nodes) {
      if (!images[0]?.url.includes('images.example.com')) continue;
      catalogue.handles.push(handle);
      catalogue.variantIds.push(...variants.map(({ id }) => id));
    }
    after = products.pageInfo.endCursor ?? null;
    if (!products.pageInfo.hasNextPage) break;
  }
  return catalogue;
}

const askPage = (asker: Asker, variables: { sort: 'NEWEST'; first: number; after: string | null }) =>
  asker.ask(ProductsDocument, variables);
