/**
 * P2, never undersell for long: half of the buyers go away, before they pay or in the middle of it. When their time is over
 * all that nobody paid for can be sold again, and the provider can take no money for it any more.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGoods } from '../testkit/goods.js';
import {
  buyerOf,
  countsOf,
  pay,
  place,
  placedOrder,
  startRaceShop,
  stockOf,
  threeDSecure,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterAll(() => shop.close());

const minute = 60_000;

test('what abandoned orders held is for sale a minute after their time, and only that', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 24 });
  const [id = ''] = variantIds;
  const orders = await times(16, () => placedOrder(shop, { [id]: 1 }));
  const paying = await Promise.all(
    orders.map(({ guest, id: orderId }, i) => {
      if (i % 4 === 1) return null;
      return pay(guest, orderId, i % 4 === 3 ? threeDSecure : {});
    }),
  );
  expect(countsOf(paying.flatMap((one) => one ?? []))).toEqual({ DONE: 12 });
  // All that is there is held or sold.
  const late = await buyerOf(shop, { [id]: 8 });
  await placedOrder(shop, { [id]: 8 });
  expect((await place(late.guest, late.version)).code).toBe('INSUFFICIENT_STOCK');

  const { rows } = await shop.ledger.query<{ last: Date }>(
    'SELECT max(payment_due_at) AS last FROM orders.orders',
  );
  shop.parts.testClock.advance((rows[0]?.last.getTime() ?? 0) - shop.parts.clock().getTime() + minute);
  // Eight were paid. Of sixteen that were not all is back.
  await eventually(
    () => stockOf(shop, id),
    (stock) => JSON.stringify(stock) === JSON.stringify({ on_hand: 16, reserved: 0 }),
  );
  expect(await violationsOf(shop)).toEqual([]);
  const { rows: left } = await shop.ledger.query(
    `SELECT order_state, count(*)::int AS n,
       (SELECT count(*)::int FROM inventory.reservation WHERE status = 'OPEN') AS held FROM orders.orders
     GROUP BY 1 ORDER BY 1`,
  );
  expect(left).toEqual([
    { order_state: 'CANCELLED', n: 9, held: 0 },
    { order_state: 'CONFIRMED', n: 8, held: 0 },
  ]);
  const { data: intents } = await shop.stripe.paymentIntents.list({ limit: 100 });
  const ends = intents.map(({ status }) => status).sort();
  expect(ends).toEqual([...Array(4).fill('canceled'), ...Array(8).fill('succeeded')]);
  // They can be bought again.
  const again = await buyerOf(shop, { [id]: 16 });
  expect((await place(again.guest, again.version)).code).toBeNull();
});
