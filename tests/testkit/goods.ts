/** What a story sells: each test makes its own brand, products, stock and terms, as staff do. */
import { randomUUID } from 'node:crypto';
import { againCodes, type Client } from './client.js';
import type { StoryShop } from './story-shop.js';
import { eventually } from './eventually.js';

/** Signs a new staff member in with these roles. */
export async function signInStaff(shop: StoryShop, ...roles: string[]): Promise<Client> {
  const name = `s${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const email = `${name}@staff.example`;
  const password = 'correct horse battery staple';
  const { errors } = await shop.subgraphs.users.execute({
    query: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { userErrors { message } } }',
    variables: { input: { email, username: name, password, firstName: 'Staff', lastName: 'Member', roles } },
    caller: { claims: { kind: 'service', sub: 'test' }, headers: {}, correlationId: 'test' },
  });
  if (errors?.[0]) throw errors[0];
  return signIn(shop, email, password);
}

export async function signIn(
  shop: StoryShop,
  email: string,
  password: string,
  from = shop.visitor(),
): Promise<Client> {
  const { signIn: payload } = await from.data<{ signIn: { session: { accessToken: string } } }>(
    `mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { message } } }`,
    { input: { email, password } },
  );
  return shop.visitor().as(payload.session.accessToken);
}

/** A guest with a session of their own. */
export async function signInGuest(shop: StoryShop): Promise<Client> {
  const { signInAsGuest } = await shop
    .visitor()
    .data<{ signInAsGuest: { session: { accessToken: string } } }>(
      'mutation { signInAsGuest { session { accessToken } } }',
    );
  return shop.visitor().as(signInAsGuest.session.accessToken);
}

export interface Goods {
  productId: string;
  variantIds: string[];
  skus: string[];
  warehouseId: string;
}

interface Payload {
  userErrors: { code: string; message: string }[];
}

/** Runs a mutation of one root field with one input and gives its payload; throws when it was refused. */
export async function mutate<T>(client: Client, field: string, input: object, selection: string): Promise<T> {
  const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
  const mutation = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code message } } }`;
  const payload = await eventually(
    async () => (await client.data<Record<string, Payload | undefined>>(mutation, { input }))[field],
    (answer) => !againCodes.has(answer?.userErrors[0]?.code ?? ''),
  );
  if (payload?.userErrors[0]) throw new Error(`${field} was refused: ${JSON.stringify(payload.userErrors)}`);
  return payload as T;
}

/** A product with one variant per price, each with `stock` units in one warehouse. */
export async function createGoods(
  staff: Client,
  options: { name?: string; prices: string[]; stock: number; taxCategory?: 'STANDARD' | 'REDUCED' },
): Promise<Goods> {
  const name = options.name ?? `Test lamp ${randomUUID().slice(0, 8)}`;
  const { brand } = await mutate<{ brand: { id: string } }>(
    staff,
    'createBrand',
    { idempotencyKey: randomUUID(), name: `Brand of ${name}` },
    'brand { id }',
  );
  const { product } = await mutate<{ product: { id: string; variants: { id: string; sku: string }[] } }>(
    staff,
    'createProduct',
    {
      idempotencyKey: randomUUID(),
      name,
      status: 'ACTIVE',
      brandId: brand.id,
      taxCategory: options.taxCategory ?? 'STANDARD',
      variants: options.prices.map((price, i) => ({
        selectedOptions: [{ name: 'Size', value: `Size ${i + 1}` }],
        weightGrams: 500,
        prices: [{ currencyCode: 'EUR', regular: price }],
      })),
    },
    'product { id variants { id sku } }',
  );
  const { warehouse } = await mutate<{ warehouse: { id: string } }>(
    staff,
    'createWarehouse',
    {
      idempotencyKey: randomUUID(),
      code: `W${randomUUID().slice(0, 8).toUpperCase()}`,
      name: 'Test warehouse',
      address: { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' },
    },
    'warehouse { id }',
  );
  await mutate(
    staff,
    'setInventoryQuantities',
    {
      idempotencyKey: randomUUID(),
      reason: 'Opening stock',
      quantities: product.variants.map(({ id }) => ({
        variantId: id,
        warehouseId: warehouse.id,
        quantity: options.stock,
      })),
    },
    '',
  );
  return {
    productId: product.id,
    variantIds: product.variants.map(({ id }) => id),
    skus: product.variants.map(({ sku }) => sku),
    warehouseId: warehouse.id,
  };
}

/** German taxes and one way to ship to Germany for 4.90. */
export async function createTerms(staff: Client): Promise<void> {
  for (const [taxCategory, rateBasisPoints] of [
    ['STANDARD', 1900],
    ['REDUCED', 700],
  ]) {
    await mutate(staff, 'setTaxRate', { country: 'DE', taxCategory, rateBasisPoints, name: 'MwSt.' }, '');
  }
  await mutate(
    staff,
    'createShippingMethod',
    {
      idempotencyKey: randomUUID(),
      code: `post-${randomUUID().slice(0, 8)}`,
      name: 'Parcel',
      carrier: 'Hanse Post',
      service: 'Standard',
      countries: ['DE'],
      currencyCode: 'EUR',
      tiers: [{ price: '4.90' }],
      estimatedDaysMin: 1,
      estimatedDaysMax: 3,
    },
    '',
  );
}

export const address = {
  firstName: 'Anna',
  lastName: 'Kröger',
  line1: 'Mengstraße 4',
  city: 'Lübeck',
  postalCode: '23552',
  country: 'DE',
};

let house = 4;
/** Every customer lives elsewhere, as the risk rules expect: they count payments for an address. */
export const anotherAddress = (): typeof address => ({ ...address, line1: `Mengstraße ${(house += 1)}` });

/** Fills a cart and completes its delivery; the cart's version, for placeOrder. */
export async function fillCart(
  client: Client,
  lines: { variantId: string; quantity: number }[],
  email = 'anna@example.com',
): Promise<{ version: number; total: string }> {
  await mutate(client, 'addToCart', { idempotencyKey: randomUUID(), lines }, 'cart { version }');
  interface Addressed {
    cart: {
      version: number;
      totals: { total: { amount: string } };
      shippingOptions: { shippingMethod: { id: string } }[];
    };
  }
  const selection = 'cart { version totals { total { amount } } shippingOptions { shippingMethod { id } } }';
  const first = await mutate<Addressed>(
    client,
    'setCartDelivery',
    { email, shippingAddress: anotherAddress() },
    selection,
  );
  const shippingMethodId = first.cart.shippingOptions[0]?.shippingMethod.id;
  const { cart } = await mutate<Addressed>(client, 'setCartDelivery', { shippingMethodId }, selection);
  return { version: cart.version, total: cart.totals.total.amount };
}
