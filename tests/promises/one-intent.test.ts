/** P4, one intent is one charge: the same key fifty times at once, again later, and with other arguments. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGoods } from '../testkit/goods.js';
import {
  attempt,
  buyerOf,
  pay,
  place,
  placedOrder,
  startRaceShop,
  stockOf,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
let variantId: string;
beforeAll(async () => {
  shop = await startRaceShop();
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 100 });
  variantId = variantIds[0] ?? '';
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

const intents = async (orderId: string): Promise<number> =>
  (await shop.stripe.paymentIntents.search({ query: `metadata['order_id']:'${orderId}'` })).data.length;

test('fifty who place with one key have one order, told to each in the same words', async () => {
  const before = (await shop.ledger.query('SELECT id FROM orders.orders')).rowCount ?? 0;
  const { guest, version } = await buyerOf(shop, { [variantId]: 1 });
  const key = randomUUID();
  const answers = await times(50, () => place(guest, version, key));
  expect(answers.map(({ code }) => code)).toEqual(Array(50).fill(null));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect((await shop.ledger.query('SELECT id FROM orders.orders')).rowCount).toBe(before + 1);
  expect(await place(guest, version, key)).toEqual(answers[0]);
  const other = await times(5, () => place(guest, version + 1, key));
  expect(other.map(({ code }) => code)).toEqual(Array(5).fill('IDEMPOTENCY_KEY_REUSED'));
  expect((await shop.ledger.query('SELECT id FROM orders.orders')).rowCount).toBe(before + 1);
  expect(await stockOf(shop, variantId)).toEqual({ on_hand: 100, reserved: before + 1 });
});

test('fifty who pay with one key make one intent at the provider and one charge', async () => {
  const { guest, id } = await placedOrder(shop, { [variantId]: 1 });
  const idempotencyKey = randomUUID();
  const answers = await times(50, () => pay(guest, id, { idempotencyKey }));
  expect(answers.map(({ code }) => code)).toEqual(Array(50).fill(null));
  expect(new Set(answers.map(({ given }) => `${given?.order?.id} ${given?.order?.status}`))).toEqual(
    new Set([`${id} PAID`]),
  );
  expect(await intents(id)).toBe(1);
  const other = await pay(guest, id, { idempotencyKey, paymentMethodId: 'pm_card_mastercard' });
  expect(other.code).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(await intents(id)).toBe(1);
  // Somebody else's same key is another key.
  const stranger = await placedOrder(shop, { [variantId]: 1 });
  expect((await pay(stranger.guest, stranger.id, { idempotencyKey })).given?.order?.status).toBe('PAID');
  expect([await intents(id), await intents(stranger.id)]).toEqual([1, 1]);
});

test('fifty who refund with one key give back once', async () => {
  const { guest, id } = await placedOrder(shop, { [variantId]: 1 });
  await pay(guest, id);
  const input = { idempotencyKey: randomUUID(), orderId: id, amount: '2.00' };
  const refund = () =>
    attempt<{ refund: { id: string } | null }>(shop.staff, 'refundOrder', input, 'refund { id }');
  const answers = await times(50, refund);
  expect(answers.map(({ code }) => code)).toEqual(Array(50).fill(null));
  const ids = new Set(answers.map(({ given }) => given?.refund?.id));
  expect(ids.size).toBe(1);
  const refunded = async (): Promise<number[]> => {
    const { data } = await shop.stripe.paymentIntents.search({ query: `metadata['order_id']:'${id}'` });
    const { data: refunds } = await shop.stripe.refunds.list({ payment_intent: data[0]?.id ?? '' });
    return refunds.map(({ amount }) => amount);
  };
  expect(await eventually(refunded, (amounts) => amounts.length > 0)).toEqual([200]);
});
