import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import { newId } from '../../shared/ids.js';
import { createWorld, fillCart, payOrder, placeOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

test('a guest fills a cart, places the order and pays it', async () => {
  const a = world.neighbours.variant(2000n);
  const b = world.neighbours.variant(1500n, { taxCategory: 'REDUCED' });
  const stop = recordStatements();
  const { caller, cart } = await fillCart(world, methodId, [
    { variantId: a.id, quantity: 1 },
    { variantId: b.id, quantity: 2 },
  ]);
  // 20.00 + 30.00 + 4.90; tax 3.19 + 1.96 + 0.78
  expect(cart.totals).toEqual({ total: { amount: '54.90' }, tax: { amount: '5.93' } });
  const { order } = await placeOrder(world, caller, cart.version, newId());
  expect(order).toMatchObject({
    status: 'PENDING',
    total: { amount: '54.90' },
    tax: { amount: '5.93' },
    net: { amount: '48.97' },
    timeline: [
      { kind: 'PLACED', state: 'DONE' },
      { kind: 'PAID', state: 'CURRENT' },
      { kind: 'SHIPPED', state: 'UPCOMING' },
      { kind: 'DELIVERED', state: 'UPCOMING' },
    ],
  });
  const id = order?.id ?? '';
  const paid = await payOrder(world, caller, id, 'pm_card', newId());
  const statements = stop();
  if (process.env['SHOW_SQL']) console.log(statements.map((one) => one.trim().slice(0, 110)).join('\n'));
  expect(paid).toMatchObject({
    order: { status: 'PAID', paymentDueAt: null },
    userErrors: [],
    payment: { id: world.neighbours.payments[0]?.id },
  });
  expect(await world.eventsOf(id)).toEqual(['OrderCreated', 'OrderUpdated', 'OrderPaid', 'OrderUpdated']);
  expect(await world.ask(caller, '{ cart { id } }')).toBeNull();
});
