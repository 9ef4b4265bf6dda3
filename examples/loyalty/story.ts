/** The story of the example, a jest test that check.ts runs in its copy: a whole shop with loyalty in it, seen through the gateway. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signInStaff,
  type Goods,
} from '../../tests/testkit/goods.js';
import type { Client } from '../../tests/testkit/client.js';
import { startTestShop, type TestShop } from '../../tests/testkit/shop.js';
import { eventually } from '../../tests/testkit/eventually.js';

let shop: TestShop;
let staff: Client;
let goods: Goods;

beforeAll(async () => {
  shop = await startTestShop();
  staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  goods = await createGoods(staff, { prices: ['100.00'], stock: 5 });
});
afterAll(() => shop.close());

interface Me {
  id: string;
  displayName: string;
  loyaltyPoints: number;
  orders: { nodes: { total: { amount: string } }[] };
}

/** Fields of users, orders and loyalty in one query. */
const readMe = async (client: Client): Promise<Me> =>
  (
    await client.data<{ me: Me }>(
      '{ me { id displayName loyaltyPoints orders { nodes { total { amount } } } } }',
    )
  ).me;

/** Points come by an event: asks until they are as wanted. */
const meWith = (client: Client, points: number): Promise<Me> =>
  eventually(
    () => readMe(client),
    (me) => me.loyaltyPoints === points,
  );

test('who buys gets points, sees them beside the order, and loses them with the refund', async () => {
  const username = `anna_${randomUUID().slice(0, 8)}`;
  const { session } = await mutate<{ session: { accessToken: string } }>(
    shop.visitor(),
    'register',
    {
      idempotencyKey: randomUUID(),
      email: `${username}@example.com`,
      password: 'plenty of wind at sea',
      username,
      firstName: 'Anna',
      lastName: 'Kröger',
    },
    'session { accessToken }',
  );
  const anna = shop.visitor().as(session.accessToken);
  expect(await readMe(anna)).toMatchObject({
    displayName: username,
    loyaltyPoints: 0,
    orders: { nodes: [] },
  });

  const { version } = await fillCart(anna, [{ variantId: goods.variantIds[0] ?? '', quantity: 2 }]);
  const { order } = await mutate<{ order: { id: string } }>(
    anna,
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: version },
    'order { id }',
  );
  await mutate(
    anna,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
    '',
  );
  const me = await meWith(anna, 204);
  expect(me).toMatchObject({ displayName: username, loyaltyPoints: 204 });
  expect(me.orders.nodes).toEqual([{ total: { amount: '204.90' } }]);

  // Staff see them, other customers do not.
  const query = 'query ($id: ID!) { user(id: $id) { loyaltyPoints } }';
  expect(await staff.data(query, { id: me.id })).toEqual({ user: { loyaltyPoints: 204 } });
  expect(await shop.visitor().data(query, { id: me.id })).toEqual({ user: null });

  await mutate(
    anna,
    'cancelOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, reason: 'Changed my mind' },
    '',
  );
  expect((await meWith(anna, 0)).loyaltyPoints).toBe(0);
});
