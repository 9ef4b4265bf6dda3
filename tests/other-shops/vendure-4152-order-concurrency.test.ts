/**
 * vendure#4152 (and #3398, #2187): an order was read, changed in memory and saved by each request on its own, with nothing
 * that coordinates them. Customer, address, way of shipping and lines that were set at the same moment overwrote each
 * other; each answer showed its own change, and the order afterwards had only some of them.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '../testkit/client.js';
import { address, createGoods, mutate, signInGuest } from '../testkit/goods.js';
import {
  attempt,
  buyerOf,
  countsOf,
  pay,
  placedOrder,
  standingOf,
  startRaceShop,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

const code = `OFF${randomUUID().slice(0, 8).toUpperCase()}`;

test('all that is set of a cart at once is in it afterwards', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00', '20.00'], stock: 50 });
  const [a = '', b = ''] = variantIds;
  await mutate(
    shop.staff,
    'createPromotion',
    { idempotencyKey: randomUUID(), code, name: 'Off', kind: 'FIXED', amount: '1.00' },
    '',
  );
  const set = async (guest: Client, field: string, input: object) => attempt(guest, field, input, '');
  const line = (variantId: string, quantity: number) => ({
    idempotencyKey: randomUUID(),
    lines: [{ variantId, quantity }],
  });
  for (let round = 0; round < 5; round += 1) {
    const { guest } = await buyerOf(shop, { [a]: 1 });
    const answers = await Promise.all([
      set(guest, 'setCartDelivery', { email: 'berta@example.com' }),
      set(guest, 'setCartDelivery', { shippingAddress: { ...address, city: 'Kiel' } }),
      set(guest, 'setCartDelivery', { billingAddress: { ...address, city: 'Bremen' } }),
      set(guest, 'applyPromotionCode', { code }),
      set(guest, 'addToCart', line(a, 2)),
      set(guest, 'addToCart', line(b, 4)),
    ]);
    expect(countsOf(answers)).toEqual({ DONE: 6 });
    const { cart } = await guest.data(
      `{ cart { email shippingAddress { city } billingAddress { city } promotionCodes
         lines { variant { id } quantity } shippingMethod { id } } }`,
    );
    expect(cart).toMatchObject({
      email: 'berta@example.com',
      shippingAddress: { city: 'Kiel' },
      billingAddress: { city: 'Bremen' },
      promotionCodes: [code],
      lines: [
        { variant: { id: a }, quantity: 3 },
        { variant: { id: b }, quantity: 4 },
      ],
      shippingMethod: { id: expect.any(String) },
    });
  }
});

test('P22: of fifty who set a cart in the version that they saw, one does, and the others are told', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 100 });
  const [variantId = ''] = variantIds;
  const guest = await signInGuest(shop);
  await mutate(guest, 'addToCart', { idempotencyKey: randomUUID(), lines: [{ variantId, quantity: 1 }] }, '');
  interface WithCart {
    cart: { version: number; lines: { quantity: number }[] };
  }
  for (let version = 1; version <= 3; version += 1) {
    const answers = await times(50, (i) =>
      attempt<WithCart>(
        guest,
        'setCartLines',
        { expectedVersion: version, lines: [{ variantId, quantity: i + 1 }] },
        'cart { version lines { quantity } }',
      ),
    );
    expect(countsOf(answers)).toEqual({ DONE: 1, VERSION_CONFLICT: 49 });
    const won = answers.find((answer) => answer.code === null)?.given?.cart;
    const { cart } = await guest.data<WithCart>('{ cart { version lines { quantity } } }');
    // What the winner was told is what is there.
    expect(cart).toEqual(won);
    expect(cart.version).toBe(version + 1);
  }
});

test('what several staff and the buyer do to a paid order at once all counts, or is refused', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00', '20.00'], stock: 50 });
  const [a = '', b = ''] = variantIds;
  const { guest, id } = await placedOrder(shop, { [a]: 4, [b]: 4 });
  expect((await pay(guest, id)).code).toBeNull();
  const { rows: items } = await shop.ledger.query<{ id: string; unit_amount: string }>(
    'SELECT id, unit_amount FROM orders.order_item WHERE order_id = $1 ORDER BY unit_amount',
    [id],
  );
  const [one = '', two = ''] = items.map((item) => item.id);
  const keyed = (input: object) => ({ idempotencyKey: randomUUID(), orderId: id, ...input });
  const ship = (itemId: string) =>
    attempt(shop.staff, 'shipOrder', keyed({ lines: [{ itemId, quantity: 1 }], carrier: 'Post' }), '');
  const drop = (itemId: string) =>
    attempt(guest, 'cancelOrderLines', keyed({ lines: [{ itemId, quantity: 1 }] }), '');
  const note = (text: string) => attempt(shop.staff, 'addOrderNote', keyed({ text }), '');
  const dropping = Promise.all([drop(one), drop(two)]);
  const shipping = Promise.all([ship(one), ship(two), ship(one)]);
  const noting = Promise.all([note('Fragile.'), note('Gift.')]);
  const [dropped, shipped, noted] = [await dropping, await shipping, await noting];
  expect(countsOf([...shipped, ...noted])).toEqual({ DONE: 5 });
  // Once a parcel has left nothing is cancelled any more.
  for (const answer of dropped) expect([null, 'NOT_CANCELLABLE']).toContain(answer.code);
  const cancelled = dropped.filter((answer) => answer.code === null).length;
  expect(await violationsOf(shop)).toEqual([]);
  const { rows } = await shop.ledger.query(
    `SELECT sum(shipped_quantity)::int AS shipped, sum(cancelled_quantity)::int AS cancelled,
       (SELECT count(*)::int FROM orders.shipment WHERE order_id = $1) AS parcels,
       (SELECT count(*)::int FROM orders.order_note WHERE order_id = $1) AS notes
     FROM orders.order_item WHERE order_id = $1`,
    [id],
  );
  expect(rows).toEqual([{ shipped: 3, cancelled, parcels: 3, notes: 2 }]);
  const refunded = dropped.reduce((sum, answer, i) => sum + (answer.code === null ? (i + 1) * 1000 : 0), 0);
  expect(await standingOf(shop, id)).toMatchObject({ paid: 12490, refunded, payments: 1 });
});
