/**
 * What the storefront's main operations cost in SQL statements, through the gateway and in all subgraphs together, BEGIN
 * and COMMIT apart. What consumers do with the events afterwards is not counted. The checkout's statements one by one, and
 * why each is there: docs/decisions/0008-checkout-statements.md.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../subgraphs/shared/db.js';
import type { Client } from './testkit/client.js';
import {
  address,
  createGoods,
  createTerms,
  mutate,
  signInGuest,
  signInStaff,
  type Goods,
} from './testkit/goods.js';
import { readsOfWholeTables } from './testkit/plans.js';
import { startTestShop, type TestShop } from './testkit/shop.js';

/** Set while a request is answered: statements of consumers are sent outside of it. */
const requests = new AsyncLocalStorage<true>();
let shop: TestShop;
let goods: Goods[];
let stopRecording: () => string[];

beforeAll(async () => {
  shop = await startTestShop({}, (subgraph) => ({
    ...subgraph,
    execute: (request) =>
      // A consumer that asks another subgraph is no request's part.
      request.caller.claims?.['kind'] === 'service' && requests.getStore() !== true
        ? subgraph.execute(request)
        : requests.run(true, () => subgraph.execute(request)),
  }));
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  goods = [];
  for (let i = 0; i < 24; i += 1)
    goods.push(await createGoods(staff, { prices: ['10.00', '12.00', '14.00'], stock: 1_000 }));
  stopRecording = recordStatements();
});
afterAll(() => shop.close());

const control = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/i;
/** The fewest of three runs: the first may have keys to fetch that the next finds in memory. */
async function count(operation: () => Promise<unknown>, runs = 3): Promise<number> {
  const counts: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const stop = recordStatements(() => requests.getStore() === true);
    await operation();
    counts.push(stop().filter((one) => !control.test(one)).length);
  }
  return Math.min(...counts);
}

const page = `query ($first: Int!) {
  products(first: $first) {
    nodes {
      name
      variants { sku price { current { formatted } } availability { status } }
    }
  }
}`;

test('a page of 24 products with variants, prices and availability costs as many statements as a page of one', async () => {
  const visitor = shop.visitor();
  const one = await count(() => visitor.data(page, { first: 1 }));
  const many = await count(() => visitor.data(page, { first: 24 }));
  expect({ one, many }).toEqual({ one: 3, many: 3 });
});

test('a product page', async () => {
  const visitor = shop.visitor();
  const operation = `query ($id: ID!) {
    product(id: $id) {
      name description
      brand { name }
      category { name ancestors { name } }
      images { url alt }
      attributes { name value }
      rating { average count }
      reviews(first: 5) { nodes { rating title body } }
      variants { sku name selectedOptions { name value } price { current { formatted } regular { formatted } } availability { status quantity } }
      related(first: 4) { product { name } }
      boughtTogether(first: 4) { product { name } }
    }
  }`;
  expect(await count(() => visitor.data(operation, { id: goods[0]?.productId }))).toBe(8);
});

test('a whole guest checkout of two articles', async () => {
  const steps: Record<string, number> = {};
  const lines = [0, 1].map((i) => ({ variantId: goods[i]?.variantIds[0] ?? '', quantity: 1 }));
  for (let run = 0; run < 3; run += 1) {
    let guest: Client = shop.visitor();
    const step = async <T>(name: string, operation: () => Promise<T>): Promise<T> => {
      let result: T | undefined;
      const statements = await count(async () => (result = await operation()), 1);
      steps[name] = Math.min(steps[name] ?? Infinity, statements);
      return result as T;
    };
    guest = await step('signInAsGuest', () => signInGuest(shop));
    await step('addToCart', () =>
      mutate(guest, 'addToCart', { idempotencyKey: randomUUID(), lines }, 'cart { version }'),
    );
    interface Addressed {
      cart: { version: number; shippingOptions: { shippingMethod: { id: string } }[] };
    }
    const { cart } = await step('setCartDelivery', () =>
      mutate<Addressed>(
        guest,
        'setCartDelivery',
        { email: 'guest@example.com', shippingAddress: address },
        'cart { version shippingOptions { shippingMethod { id } } }',
      ),
    );
    const { cart: ready } = await step('setCartDelivery (method)', () =>
      mutate<Addressed>(
        guest,
        'setCartDelivery',
        { shippingMethodId: cart.shippingOptions[0]?.shippingMethod.id },
        'cart { version }',
      ),
    );
    const { order } = await step('placeOrder', () =>
      mutate<{ order: { id: string } }>(
        guest,
        'placeOrder',
        { idempotencyKey: randomUUID(), expectedVersion: ready.version },
        'order { id }',
      ),
    );
    await step('payOrder', () =>
      mutate(
        guest,
        'payOrder',
        { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
        'order { status }',
      ),
    );
  }
  const total = Object.values(steps).reduce((a, b) => a + b, 0);
  expect({ ...steps, total }).toEqual({
    signInAsGuest: 1,
    addToCart: 4,
    setCartDelivery: 4,
    'setCartDelivery (method)': 3,
    placeOrder: 6,
    payOrder: 6,
    total: 24,
  });
});

test('pages, checkouts and what follows from them read every table that grows by its keys, whatever its statistics say', async () => {
  const sent = stopRecording()
    .filter((one) => /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)/i.test(one))
    // What is popular is made anew as a whole by a timer, which comes when it comes.
    .filter((one) => !/^\s*DELETE FROM popularity\s*$/.test(one));
  expect(await readsOfWholeTables(shop.parts, sent)).toEqual([]);
});
