/**
 * vendure#1738 (and #3508, PR#4930): stock was checked when an article was put into the cart and when payment began, and
 * allocated in another transaction when it had been paid. A has five of twenty in the cart, B buys all twenty, and A could
 * still check out: less than nothing was left to sell, or the paid order got fewer pieces than it had.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGoods, mutate } from '../testkit/goods.js';
import {
  buyerOf,
  pay,
  place,
  placedOrder,
  startRaceShop,
  stockOf,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

interface Refused {
  order: null;
  userErrors: { code: string; requested?: number; available?: number }[];
}

test('who has an article in the cart that is sold out since is told how much is left, and orders nothing', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 20 });
  const [id = ''] = variantIds;
  const slow = await buyerOf(shop, { [id]: 5 });
  const quick = await placedOrder(shop, { [id]: 20 });
  expect((await pay(quick.guest, quick.id)).code).toBeNull();
  await eventually(
    () => stockOf(shop, id),
    (stock) => JSON.stringify(stock) === JSON.stringify({ on_hand: 0, reserved: 0 }),
  );
  const { placeOrder } = await slow.guest.data<{ placeOrder: Refused }>(
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id }
       userErrors { code ... on InsufficientStockError { requested available } } } }`,
    { input: { idempotencyKey: randomUUID(), expectedVersion: slow.version } },
  );
  expect(placeOrder).toEqual({
    order: null,
    userErrors: [{ code: 'INSUFFICIENT_STOCK', requested: 5, available: 0 }],
  });
  const { rows } = await shop.ledger.query('SELECT id FROM orders.orders');
  expect(rows.map((row: { id: string }) => row.id)).toEqual([quick.id]);
  // Nothing is taken out of the cart behind the buyer's back.
  const { cart } = await slow.guest.data<{ cart: { version: number; lines: { quantity: number }[] } }>(
    '{ cart { version lines { quantity } } }',
  );
  expect(cart.lines).toEqual([{ quantity: 5 }]);
});

test('what is reserved for who pays at this moment cannot be sold to another', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 2 });
  const [variantId = ''] = variantIds;
  const second = await buyerOf(shop, { [variantId]: 1 });
  const first = await placedOrder(shop, { [variantId]: 2 });
  const [taken, paid] = await Promise.all([place(second.guest, second.version), pay(first.guest, first.id)]);
  expect(taken.code).toBe('INSUFFICIENT_STOCK');
  expect([paid.code, paid.given?.order?.status]).toEqual([null, 'PAID']);
  await eventually(
    () => stockOf(shop, variantId),
    (stock) => JSON.stringify(stock) === JSON.stringify({ on_hand: 0, reserved: 0 }),
  );
  const shipped = await mutate<{ order: { fulfilmentState: string } }>(
    shop.staff,
    'shipOrder',
    { idempotencyKey: randomUUID(), orderId: first.id },
    'order { fulfilmentState }',
  );
  expect(shipped.order.fulfilmentState).toBe('SHIPPED');
});
