/**
 * saleor#543, magento/inventory PR#3036, vendure#3508 (one shape): each of several carts fitted into the stock alone, all
 * were checked against the same unlocked number, and all were ordered, so that more was allocated than there was. It took
 * two browsers that pressed "place order" at the same moment (in Vendure and Magento for the last piece).
 *
 * django-oscar#2102: with enough stock for all, two orders at once were noted as one, since the counter of what is
 * allocated was read, raised in memory and written back: the second write undid the first.
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGoods } from '../testkit/goods.js';
import {
  buyerOf,
  countsOf,
  pay,
  place,
  startRaceShop,
  stockOf,
  times,
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

test('saleor#543: of two carts that fit alone and not together, one is ordered', async () => {
  const prices = Array.from({ length: 8 }, () => '10.00');
  const { variantIds } = await createGoods(shop.staff, { prices, stock: 5 });
  const pairs = await Promise.all(
    variantIds.map((id) => Promise.all([buyerOf(shop, { [id]: 3 }), buyerOf(shop, { [id]: 3 })])),
  );
  const answers = await Promise.all(
    pairs.map((pair) => Promise.all(pair.map(({ guest, version }) => place(guest, version)))),
  );
  for (const pair of answers) expect(countsOf(pair)).toEqual({ DONE: 1, INSUFFICIENT_STOCK: 1 });
  for (const id of variantIds) expect(await stockOf(shop, id)).toEqual({ on_hand: 5, reserved: 3 });
});

test('magento PR#3036, vendure#3508: the last piece is sold and paid once, however many press at once', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 1 });
  const [id = ''] = variantIds;
  const buyers = await times(8, () => buyerOf(shop, { [id]: 1 }));
  const answers = await Promise.all(
    buyers.map(async ({ guest, version }) => {
      const placed = await place(guest, version);
      return placed.given?.order ? pay(guest, placed.given.order.id) : placed;
    }),
  );
  expect(countsOf(answers)).toEqual({ DONE: 1, INSUFFICIENT_STOCK: 7 });
  await eventually(
    () => stockOf(shop, id),
    (stock) => JSON.stringify(stock) === JSON.stringify({ on_hand: 0, reserved: 0 }),
  );
});

test('django-oscar#2102: twenty orders at once are twenty pieces allocated, and then twenty sold', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 100 });
  const [id = ''] = variantIds;
  const buyers = await times(20, () => buyerOf(shop, { [id]: 1 }));
  const answers = await Promise.all(buyers.map(({ guest, version }) => place(guest, version)));
  expect(countsOf(answers)).toEqual({ DONE: 20 });
  expect(await stockOf(shop, id)).toEqual({ on_hand: 100, reserved: 20 });
  const paid = await Promise.all(
    answers.map(({ given }, i) => pay(buyers[i]?.guest ?? shop.staff, given?.order?.id ?? '')),
  );
  expect(countsOf(paid)).toEqual({ DONE: 20 });
  await eventually(
    () => stockOf(shop, id),
    (stock) => JSON.stringify(stock) === JSON.stringify({ on_hand: 80, reserved: 0 }),
  );
});
