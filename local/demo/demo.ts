/**
 * Fills an empty shop with the demonstration catalogue, accounts and some orders, through the same API that staff and
 * customers use. Every step can be repeated, so that a start that was killed midway is finished by the next one.
 */
import { serviceCaller, type Caller } from '../../subgraphs/shared/caller.js';
import type { SubgraphName } from '../../subgraphs/list.js';
import { idFromName } from '../../subgraphs/shared/ids.js';
import { fromDecimal, money, proportion, toDecimal } from '../../subgraphs/shared/money.js';
import type { Door } from '../../subgraphs/shared/call.js';
import { brands, categories, products, type DemoProduct, type DemoVariant } from './catalogue.js';
import { placeDemoOrders } from './orders.js';
import { promotions, shippingMethods, shippingZones, taxRates, warehouses } from './terms.js';

export interface DemoAccount {
  email: string;
  username: string;
  password: string;
  firstName: string;
  lastName: string;
  role: string;
  roles: string[];
}

export interface DemoAccounts {
  accounts: DemoAccount[];
}

export interface DemoOptions {
  subgraphs: Record<SubgraphName, Door>;
  onProgress: (message: string) => void;
}

const account = (name: string, role: string, roles: string[]): DemoAccount => ({
  email: `${name}@hanse.example`,
  username: name,
  password: 'fair-wind-and-following-seas',
  firstName: `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`,
  lastName: 'Demo',
  role,
  roles,
});

const accounts: DemoAccount[] = [
  account('admin', 'administrator', ['ADMIN']),
  account('merchant', 'catalogue, prices, promotions', ['MERCHANDISER']),
  account('warehouse', 'stock, shipping', ['WAREHOUSE']),
  account('anna', 'customer', []),
];

/** Runs one operation and gives its data; throws on errors and userErrors: demonstration data must be right. */
export type Run = <T>(
  subgraph: SubgraphName,
  query: string,
  variables?: Record<string, unknown>,
  caller?: Caller,
) => Promise<T>;

function createRun(subgraphs: Record<SubgraphName, Door>): Run {
  return async (subgraph, query, variables = {}, caller = serviceCaller('demo', 'demo')) => {
    const { data, errors } = await subgraphs[subgraph].execute({ query, variables, caller });
    if (errors?.[0]) throw errors[0];
    for (const part of Object.values(
      (data ?? {}) as Record<string, { userErrors?: { message: string }[] } | null>,
    )) {
      const refused = part?.userErrors?.[0];
      if (refused)
        throw new Error(
          `The demonstration data was refused: ${refused.message} (${JSON.stringify(variables)})`,
        );
    }
    return data as never;
  };
}

type Named = { id: string; name: string };

async function createBrands(run: Run): Promise<Map<string, string>> {
  const { brands: existing } = await run<{ brands: { nodes: Named[] } }>(
    'catalog',
    '{ brands(first: 100) { nodes { id name } } }',
  );
  const ids = new Map(existing.nodes.map(({ id, name }) => [name, id]));
  for (const name of brands) {
    if (ids.has(name)) continue;
    const { createBrand } = await run<{ createBrand: { brand: Named } }>(
      'catalog',
      'mutation ($input: CreateBrandInput!) { createBrand(input: $input) { brand { id name } userErrors { message } } }',
      { input: { idempotencyKey: `demo:${name}`, name } },
    );
    ids.set(name, createBrand.brand.id);
  }
  return ids;
}

async function createCategories(run: Run): Promise<Map<string, string>> {
  const { categories: roots } = await run<{ categories: (Named & { children: Named[] })[] }>(
    'catalog',
    '{ categories { id name children { id name } } }',
  );
  const ids = new Map(roots.flatMap((root) => [root, ...root.children]).map(({ id, name }) => [name, id]));
  for (const [position, [name, parent]] of categories.entries()) {
    if (ids.has(name)) continue;
    const { createCategory } = await run<{ createCategory: { category: Named } }>(
      'catalog',
      'mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { category { id name } userErrors { message } } }',
      {
        input: {
          idempotencyKey: `demo:${name}`,
          name,
          position,
          parentId: parent === null ? null : ids.get(parent),
        },
      },
    );
    ids.set(name, createCategory.category.id);
  }
  return ids;
}

/** Prices beside euros by fixed rates, in percent: a demonstration needs no market. */
const rates = { EUR: 100n, GBP: 86n, USD: 108n };

function pricesOf({ price, salePrice }: DemoVariant): object[] {
  const convert = (text: string, currencyCode: string, rate: bigint): string =>
    toDecimal(money(proportion(fromDecimal(text, 'EUR') ?? 0n, rate, 100n), currencyCode));
  return Object.entries(rates).map(([currencyCode, rate]) => ({
    currencyCode,
    regular: convert(price, currencyCode, rate),
    ...(salePrice ? { sale: convert(salePrice, currencyCode, rate) } : {}),
  }));
}

export interface StockedVariant {
  variantId: string;
  product: DemoProduct;
  stock: [number, number];
}

async function createProducts(
  run: Run,
  brandIds: Map<string, string>,
  categoryIds: Map<string, string>,
): Promise<StockedVariant[]> {
  const stocked: StockedVariant[] = [];
  for (const product of products) {
    const { createProduct } = await run<{ createProduct: { product: { variants: { id: string }[] } } }>(
      'catalog',
      'mutation ($input: CreateProductInput!) { createProduct(input: $input) { product { variants { id } } userErrors { message } } }',
      {
        input: {
          idempotencyKey: `demo:${product.name}`,
          name: product.name,
          description: product.description,
          status: 'ACTIVE',
          brandId: brandIds.get(product.brand),
          categoryId: categoryIds.get(product.category),
          taxCategory: product.taxCategory,
          attributes: Object.entries(product.attributes).map(([name, value]) => ({ name, value })),
          variants: product.variants.map((variant) => ({
            selectedOptions: product.options.map((name, i) => ({ name, value: variant.options[i] ?? '' })),
            weightGrams: variant.weightGrams,
            prices: pricesOf(variant),
          })),
        },
      },
    );
    createProduct.product.variants.forEach(({ id }, i) => {
      stocked.push({ variantId: id, product, stock: product.variants[i]?.stock ?? [0, 0] });
    });
  }
  return stocked;
}

async function createStock(run: Run, stocked: readonly StockedVariant[]): Promise<void> {
  const { warehouses: existing } = await run<{ warehouses: { id: string; code: string }[] }>(
    'inventory',
    '{ warehouses { id code } }',
  );
  const ids = new Map(existing.map(({ id, code }) => [code, id]));
  for (const [i, warehouse] of warehouses.entries()) {
    let warehouseId = ids.get(warehouse.code);
    if (!warehouseId) {
      const { createWarehouse } = await run<{ createWarehouse: { warehouse: { id: string } } }>(
        'inventory',
        'mutation ($input: CreateWarehouseInput!) { createWarehouse(input: $input) { warehouse { id } userErrors { message } } }',
        { input: { idempotencyKey: `demo:${warehouse.code}`, ...warehouse } },
      );
      warehouseId = createWarehouse.warehouse.id;
    }
    const quantities = stocked.map(({ variantId, stock }) => ({
      variantId,
      warehouseId,
      quantity: stock[i] ?? 0,
    }));
    for (let from = 0; from < quantities.length; from += 100) {
      await run(
        'inventory',
        'mutation ($input: SetInventoryQuantitiesInput!) { setInventoryQuantities(input: $input) { userErrors { message } } }',
        {
          input: {
            idempotencyKey: `demo:${warehouse.code}:${from}`,
            reason: 'Opening stock',
            quantities: quantities.slice(from, from + 100),
          },
        },
      );
    }
  }
}

async function createTerms(run: Run): Promise<void> {
  for (const input of taxRates) {
    await run(
      'orders',
      'mutation ($input: SetTaxRateInput!) { setTaxRate(input: $input) { userErrors { message } } }',
      { input },
    );
  }
  const { shippingMethods: existing } = await run<{ shippingMethods: { code: string }[] }>(
    'orders',
    '{ shippingMethods { code } }',
  );
  const zoneIds = await createZones(run);
  for (const { tiers, ...method } of shippingMethods) {
    if (existing.some(({ code }) => code === method.code)) continue;
    const priced = tiers.map(({ zone, ...tier }) => ({
      ...tier,
      ...(zone && { zoneId: zoneIds.get(zone) }),
    }));
    const input = { ...method, tiers: priced };
    await run(
      'orders',
      'mutation ($input: CreateShippingMethodInput!) { createShippingMethod(input: $input) { userErrors { message } } }',
      { input: { idempotencyKey: `demo:${input.code}`, ...input } },
    );
  }
}

const promotionCodes = async (run: Run): Promise<Set<string>> => {
  const { promotions: page } = await run<{ promotions: { nodes: { code: string }[] } }>(
    'orders',
    '{ promotions(first: 100) { nodes { code } } }',
  );
  return new Set(page.nodes.map(({ code }) => code));
};

/** Ids of the shipping zones by code. */
async function createZones(run: Run): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const input of shippingZones) {
    const { setShippingZone } = await run<{ setShippingZone: { shippingZone: { id: string } } }>(
      'orders',
      'mutation ($input: SetShippingZoneInput!) { setShippingZone(input: $input) { shippingZone { id } userErrors { message } } }',
      { input },
    );
    ids.set(input.code, setShippingZone.shippingZone.id);
  }
  return ids;
}

async function createPromotions(run: Run, categoryIds: ReadonlyMap<string, string>): Promise<void> {
  const existing = await promotionCodes(run);
  for (const { category, ...promotion } of promotions) {
    if (existing.has(promotion.code)) continue;
    const categoryId = category === undefined ? undefined : categoryIds.get(category);
    const input = { ...promotion, ...(categoryId !== undefined && { categoryIds: [categoryId] }) };
    await run(
      'orders',
      'mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { userErrors { message } } }',
      { input: { idempotencyKey: `demo:${input.code}`, ...input } },
    );
  }
}

async function createAccounts(run: Run): Promise<void> {
  for (const { email, username, password, firstName, lastName, roles } of accounts) {
    await run(
      'users',
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { userErrors { message } } }',
      {
        input: { email, username, password, firstName, lastName, roles },
      },
    );
  }
}

/** Whether the shop has goods of its own, all of the demonstration, or is to be filled. */
async function stateOf(run: Run): Promise<'own' | 'complete' | 'to fill'> {
  const { products: page } = await run<{ products: { nodes: { brand: { name: string } | null }[] } }>(
    'catalog',
    '{ products(first: 100) { nodes { brand { name } } } }',
  );
  if (page.nodes.length === 0) return 'to fill';
  if (!page.nodes.some(({ brand }) => brand && brands.includes(brand.name))) return 'own';
  // Promotions are made last.
  const codes = await promotionCodes(run);
  return promotions.every(({ code }) => codes.has(code)) ? 'complete' : 'to fill';
}

/** Fills the shop if it is empty; the demo accounts, unless the shop has goods of its own. */
export async function startDemo({ subgraphs, onProgress }: DemoOptions): Promise<DemoAccounts | undefined> {
  const run = createRun(subgraphs);
  const state = await stateOf(run);
  if (state === 'own') return undefined;
  if (state === 'to fill') {
    onProgress('Filling the shop: accounts');
    await createAccounts(run);
    onProgress(`Filling the shop: ${products.length} products`);
    const categoryIds = await createCategories(run);
    const stocked = await createProducts(run, await createBrands(run), categoryIds);
    onProgress('Filling the shop: stock, shipping, taxes');
    await createStock(run, stocked);
    await createTerms(run);
    onProgress('Filling the shop: some orders, so that there is something to recommend');
    await placeDemoOrders(run, stocked, (name) => idFromName('demo', name));
    await createPromotions(run, categoryIds);
  }
  return { accounts };
}
