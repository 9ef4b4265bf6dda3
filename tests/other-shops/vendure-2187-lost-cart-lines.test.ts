/**
 * vendure#2187 (and #2041): a page that added several articles by calls at the same moment found only some of them in the
 * cart, although each call had said that it was done; what an earlier call had written was removed by one that had read the
 * cart before. It took nothing but Promise.all over the calls, in a session that had a cart or, worse, had none yet.
 *
 * vendure#4481: a cart of 65 articles was emptied when its owner signed in, since the guest's cart was merged into it step by
 * step and by several sign-ins at once.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '../testkit/client.js';
import { createGoods, mutate, signInGuest } from '../testkit/goods.js';
import { attempt, countsOf, startRaceShop, times, type RaceShop } from '../testkit/race-shop.js';

let shop: RaceShop;
let variantIds: string[];
beforeAll(async () => {
  shop = await startRaceShop();
  const prices = Array.from({ length: 12 }, () => '10.00');
  ({ variantIds } = await createGoods(shop.staff, { prices, stock: 50 }));
});
afterAll(() => shop.close());

const add = (client: Client, variantId: string, quantity = 1) =>
  attempt(client, 'addToCart', { idempotencyKey: randomUUID(), lines: [{ variantId, quantity }] }, '');

async function quantitiesOf(client: Client): Promise<Record<string, number>> {
  const { cart } = await client.data<{ cart: { lines: { variant: { id: string }; quantity: number }[] } }>(
    '{ cart { lines { variant { id } quantity } } }',
  );
  return Object.fromEntries(cart.lines.map(({ variant, quantity }) => [variant.id, quantity]));
}

const oneOfEach = (): Record<string, number> => Object.fromEntries(variantIds.map((id) => [id, 1]));

test('twelve articles put in at once, without a cart before, are twelve lines', async () => {
  const guest = await signInGuest(shop);
  const answers = await Promise.all(variantIds.map((id) => add(guest, id)));
  expect(countsOf(answers)).toEqual({ DONE: 12 });
  expect(await quantitiesOf(guest)).toEqual(oneOfEach());
});

test('one article put in twenty times at once is twenty pieces of it, beside what was there', async () => {
  const guest = await signInGuest(shop);
  const [a = '', b = ''] = variantIds;
  await add(guest, b, 3);
  expect(countsOf(await times(20, () => add(guest, a)))).toEqual({ DONE: 20 });
  expect(await quantitiesOf(guest)).toEqual({ [a]: 20, [b]: 3 });
});

test('a retry of each call changes nothing, also while the first is under way', async () => {
  const guest = await signInGuest(shop);
  const [a = ''] = variantIds;
  const input = { idempotencyKey: randomUUID(), lines: [{ variantId: a, quantity: 2 }] };
  const answers = await times(10, () => attempt(guest, 'addToCart', input, ''));
  expect(countsOf(answers)).toEqual({ DONE: 10 });
  expect(await quantitiesOf(guest)).toEqual({ [a]: 2 });
});

test("vendure#4481: signing in five times at once brings the guest's cart over, once and whole", async () => {
  const [email, password] = [`${randomUUID()}@example.com`, 'correct horse battery staple'];
  const named = { username: `c${randomUUID().slice(0, 8)}`, firstName: 'Anna', lastName: 'Kr' };
  const { session } = await mutate<{ session: { accessToken: string } }>(
    shop.visitor(),
    'register',
    { idempotencyKey: randomUUID(), email, password, ...named },
    'session { accessToken }',
  );
  const customer = shop.visitor().as(session.accessToken);
  for (const id of variantIds.slice(0, 8)) await add(customer, id);
  const guest = await signInGuest(shop);
  for (const id of variantIds.slice(4)) await add(guest, id, 2);
  const answers = await times(5, () =>
    attempt(guest, 'signIn', { email, password }, 'session { expiresAt }'),
  );
  expect(countsOf(answers)).toEqual({ DONE: 5 });
  const merged = Object.fromEntries(variantIds.map((id, i) => [id, i < 4 ? 1 : i < 8 ? 3 : 2]));
  expect(await quantitiesOf(customer)).toEqual(merged);
});
