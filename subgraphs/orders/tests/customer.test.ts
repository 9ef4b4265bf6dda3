import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, userCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { createWorld, fillCart, payOrder, placedOrder, readOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const idOf = (caller: Caller): string => String(caller.claims?.['sub']);
const service = serviceCaller('users', 'test');
const mailQuery = `query ($id: ID!) { orderForMail(id: $id) {
  number email firstName lastName locale guest status total { amount } items { name quantity } shippingAddress { city } } }`;

test('a guest who signs in keeps cart and orders, also when the news comes twice', async () => {
  const guest = guestCaller();
  const user = userCaller();
  const { order } = await placedOrder(world, methodId, { caller: guest });
  const both = world.neighbours.variant(1000n);
  const own = world.neighbours.variant(500n);
  await fillCart(world, methodId, [{ variantId: both.id, quantity: 2 }], guest);
  const add = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { cart { id } } }';
  await world.ask(user, add, {
    input: {
      idempotencyKey: newId(),
      lines: [
        { variantId: both.id, quantity: 1 },
        { variantId: own.id, quantity: 1 },
      ],
    },
  });
  const input = { guestId: idOf(guest), customerId: idOf(user) };
  const merge =
    'mutation ($input: MergeGuestCartInput!) { mergeGuestCart(input: $input) { cartId userErrors { code } } }';
  const { cartId } = await world.ask<{ cartId: string }>(service, merge, { input });
  const cart = '{ cart { id email lines { quantity variant { id } } shippingAddress { city } } }';
  const merged = {
    id: cartId,
    email: 'anna@example.com',
    lines: [
      { quantity: 3, variant: { id: both.id } },
      { quantity: 1, variant: { id: own.id } },
    ],
    shippingAddress: { city: 'Lübeck' },
  };
  expect(await world.ask(user, cart)).toEqual(merged);
  await world.deliver('customers', 'UserLoggedIn', {
    userId: idOf(user),
    sessionId: newId(),
    guestId: idOf(guest),
  });
  expect(await world.ask(user, cart)).toEqual(merged);
  expect(await world.ask(guest, cart)).toBeNull();
  const left = await world.rows(
    'SELECT 1 FROM cart WHERE customer_id = $1 AND (email IS NOT NULL OR shipping_address IS NOT NULL)',
    idOf(guest),
  );
  expect(left).toEqual([]);

  const mine = 'query ($id: ID!) { order(id: $id) { customer { id } email shippingAddress { lastName } } }';
  expect(await world.ask(user, mine, { id: order.id })).toEqual({
    customer: { id: idOf(user) },
    email: 'anna@example.com',
    shippingAddress: { lastName: 'Schmidt' },
  });
  expect(await world.ask(guest, mine, { id: order.id })).toBeNull();
  expect((await payOrder(world, user, order.id, 'pm_card', newId())).order?.status).toBe('PAID');
});

test('a guest without cart or orders brings nothing, and only services may merge', async () => {
  const user = userCaller();
  const merge = 'mutation ($input: MergeGuestCartInput!) { mergeGuestCart(input: $input) { cartId } }';
  const input = { guestId: newId(), customerId: idOf(user) };
  expect(await world.ask(service, merge, { input })).toEqual({ cartId: null });
  expect(await world.refused(user, merge, { input })).toBe('FORBIDDEN');
});

test('the mail consumer gets what a mail needs, and nothing after the customer was deleted', async () => {
  const user = userCaller();
  const { order } = await placedOrder(world, methodId, { caller: user });
  expect(await world.ask(service, mailQuery, { id: order.id })).toEqual({
    ...{
      number: order.number,
      email: 'anna@example.com',
      firstName: 'Anna',
      lastName: 'Schmidt',
      locale: 'en-GB',
    },
    ...{
      guest: false,
      status: 'PENDING',
      total: { amount: '44.90' },
      items: [{ name: 'Lamp', quantity: 2 }],
    },
    shippingAddress: { city: 'Lübeck' },
  });
  expect(await world.refused(user, mailQuery, { id: order.id })).toBe('FORBIDDEN');
  for (let time = 1; time <= 2; time += 1)
    await world.deliver('customers', 'UserDeleted', { userId: idOf(user) });
  // Other processes keep a key for a minute at most; this context is a fresh process.
  const keys = await world.rows('SELECT 1 FROM subject_key WHERE subject_id = $1', idOf(user));
  expect(keys).toEqual([]);
  const ctx = world.context();
  expect(await ctx.loaders.keys.load(idOf(user))).toBeNull();
  expect(await readOrder(world, user, order.id)).toMatchObject({
    status: 'PENDING',
    total: { amount: '44.90' },
  });
});

test('personal data of an order stands in no table and no event as it is', async () => {
  const { order } = await placedOrder(world, methodId);
  const tables = await world.rows<{ table_name: string }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'orders'`,
  );
  for (const { table_name } of tables) {
    const [row] = await world.rows<{ text: string }>(
      `SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM "${table_name}" t`,
    );
    expect(row?.text).not.toMatch(/anna|Schmidt|Lübeck|Marktstr/i);
  }
  expect(order.status).toBe('PENDING');
});
