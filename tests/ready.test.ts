/** What a load balancer sees of a whole shop when an outside party is away. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ProductsDocument } from '../client/operations.generated.js';
import { eventually } from './testkit/eventually.js';
import { startTestShop, type TestShop } from './testkit/shop.js';

let shop: TestShop;
beforeAll(async () => {
  // Nothing listens there: the payment provider is away.
  shop = await startTestShop({ STRIPE_API_BASE: 'http://127.0.0.1:1' });
});
afterAll(() => shop.close());

test('without the payment provider the shop is degraded, is sent traffic and answers', async () => {
  // On a busy machine a part may take too long to answer, once.
  const told = await eventually(
    async () => {
      const response = await fetch(new URL('/ready', shop.gateway.url));
      return { code: response.status, ...((await response.json()) as { status: string; services: object }) };
    },
    ({ status }) => status !== 'down',
  );
  expect(told).toMatchObject({ code: 200, status: 'degraded' });
  expect(told.services).toMatchObject({
    users: { status: 'up' },
    payments: {
      status: 'degraded',
      detail: 'the payment provider does not answer: orders can be placed and not paid',
    },
  });
  const { products } = await shop.visitor().typed.query(ProductsDocument);
  expect(products.nodes).toEqual([]);
});
