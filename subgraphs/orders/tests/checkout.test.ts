import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import { newId } from '../../shared/ids.js';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import {
  address,
  createWorld,
  fillCart,
  payOrder,
  placeOrder,
  setUpShop,
  type CartShape,
  type OrderShape,
  type World,
} from './world.js';

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
  const counted = statements.filter((one) => !/^(BEGIN|COMMIT)/.test(one));
  expect(counted.length).toBeLessThanOrEqual(19);
  if (process.env['SHOW_SQL']) console.log(statements.map((one) => one.trim().slice(0, 110)).join('\n'));
  expect(paid).toMatchObject({
    order: { status: 'PAID', paymentDueAt: null },
    userErrors: [],
    payment: { id: world.neighbours.payments[0]?.id },
  });
  expect(await world.eventsOf(id)).toEqual(['OrderCreated', 'OrderUpdated', 'OrderPaid', 'OrderUpdated']);
  expect(await world.ask(caller, '{ cart { id } }')).toBeNull();
});

/** Two pieces of one article at 20.00 in a cart that is ready to be ordered. */
async function readyCart(): Promise<{ caller: Caller; version: number; variantId: string }> {
  const variant = world.neighbours.variant(2000n);
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: variant.id, quantity: 2 }]);
  return { caller, version: cart.version, variantId: variant.id };
}

/** What must hold once an order has been placed, however many tries it took. */
async function expectOneOrder(caller: Caller, order: OrderShape | null, variantId: string): Promise<void> {
  const rows = await world.rows<{ id: string }>(
    'SELECT id FROM orders WHERE customer_id = $1',
    caller.claims?.['sub'],
  );
  expect(rows).toEqual([{ id: order?.id }]);
  expect(world.neighbours.available(variantId)).toBe(98);
  expect(await world.eventsOf(order?.id ?? '')).toEqual(['OrderCreated', 'OrderUpdated']);
  const timers = await world.rows(
    `SELECT 1 FROM inbox WHERE consumer = 'timers' AND type = 'OrderPaymentDue' AND aggregate_id = $1`,
    order?.id,
  );
  expect(timers).toHaveLength(1);
  expect(await world.ask(caller, '{ cart { id } }')).toBeNull();
}

test.each([
  ['VariantsForSale', 'before'],
  ['VariantsForSale', 'after'],
  ['ReserveStock', 'before'],
  ['ReserveStock', 'after'],
] as const)('placing goes on with the same key where %s died %s its work', async (operation, when) => {
  const { caller, version, variantId } = await readyCart();
  const key = newId();
  world.neighbours.failOnce(operation, when);
  await expect(placeOrder(world, caller, version, key)).rejects.toThrow('INTERNAL_SERVER_ERROR');
  expect(await world.rows('SELECT 1 FROM orders WHERE customer_id = $1', caller.claims?.['sub'])).toEqual([]);
  const { order } = await placeOrder(world, caller, version, key);
  await expectOneOrder(caller, order, variantId);
});

test('placing goes on with the same key where the database died as the order was written', async () => {
  const { caller, version, variantId } = await readyCart();
  const key = newId();
  await world.rows(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'died'; END $$`);
  await world.rows(`CREATE TRIGGER die BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION die()`);
  await expect(placeOrder(world, caller, version, key)).rejects.toThrow('INTERNAL_SERVER_ERROR');
  await world.rows(`DROP TRIGGER die ON outbox`);
  await world.rows(`DROP FUNCTION die()`);
  expect(await world.rows('SELECT 1 FROM orders WHERE customer_id = $1', caller.claims?.['sub'])).toEqual([]);
  const { order } = await placeOrder(world, caller, version, key);
  await expectOneOrder(caller, order, variantId);
});

test('a repeat whose first answer was lost gives the same order, and other input under its key is refused', async () => {
  const { caller, version, variantId } = await readyCart();
  const key = newId();
  const first = await placeOrder(world, caller, version, key);
  const again = await placeOrder(world, caller, version, key);
  expect(again).toEqual(first);
  await expectOneOrder(caller, again.order, variantId);
  await expect(placeOrder(world, caller, version + 1, key)).rejects.toThrow('IDEMPOTENCY_KEY_REUSED');
});

test('twins that place at once get one order', async () => {
  const { caller, version, variantId } = await readyCart();
  const key = newId();
  const answers = await Promise.all([1, 2, 3, 4].map(() => placeOrder(world, caller, version, key)));
  expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], [], [], []]);
  await expectOneOrder(caller, answers[0]?.order ?? null, variantId);
});

test('one cart ordered at once under several keys becomes one order, and the stock of the others is free again', async () => {
  const { caller, version, variantId } = await readyCart();
  const answers = await Promise.all([1, 2, 3].map(() => placeOrder(world, caller, version, newId())));
  const placed = answers.filter(({ order }) => order !== null);
  expect(placed).toHaveLength(1);
  await expectOneOrder(caller, placed[0]?.order ?? null, variantId);
});

test('where stock is short nothing is ordered, nothing is held, and the repeat says the same', async () => {
  const variant = world.neighbours.variant(2000n, { stock: 5 });
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: variant.id, quantity: 5 }]);
  variant.stock = 3;
  const key = newId();
  const refused = await placeOrder(world, caller, cart.version, key);
  expect(refused).toMatchObject({
    order: null,
    userErrors: [{ __typename: 'InsufficientStockError', code: 'INSUFFICIENT_STOCK' }],
  });
  variant.stock = 10;
  expect(await placeOrder(world, caller, cart.version, key)).toEqual(refused);
  expect(world.neighbours.available(variant.id)).toBe(10);
  expect((await placeOrder(world, caller, cart.version, newId())).order).not.toBeNull();
});

test('an order refused after its stock was reserved lets the stock go, also where letting go died the first time', async () => {
  const { caller, version, variantId } = await readyCart();
  const key = newId();
  // Another change of the cart comes between the reservation and the writing.
  world.neighbours.onCall('ReserveStock', async () => {
    await world.rows('UPDATE cart SET version = version + 1 WHERE customer_id = $1', caller.claims?.['sub']);
  });
  world.neighbours.failOnce('ReleaseStock', 'before');
  await expect(placeOrder(world, caller, version, key)).rejects.toThrow('INTERNAL_SERVER_ERROR');
  expect(world.neighbours.available(variantId)).toBe(98);
  expect((await placeOrder(world, caller, version, key)).userErrors).toMatchObject([
    { code: 'CART_CHANGED' },
  ]);
  expect(world.neighbours.available(variantId)).toBe(100);
});

test('a twin that is refused meanwhile keeps the first from ordering stock that was let go', async () => {
  const { caller, version, variantId } = await readyCart();
  const variant = world.neighbours.variants.get(variantId);
  const key = newId();
  world.neighbours.onCall('ReserveStock', async () => {
    if (variant) variant.purchasable = false;
    const twin = await placeOrder(world, caller, version, key);
    expect(twin.userErrors).toMatchObject([{ code: 'VARIANT_UNAVAILABLE' }]);
    if (variant) variant.purchasable = true;
  });
  const first = await placeOrder(world, caller, version, key);
  expect(first).toMatchObject({ order: null, userErrors: [{ code: 'VARIANT_UNAVAILABLE' }] });
  expect(world.neighbours.available(variantId)).toBe(100);
  expect(await world.ask(caller, '{ cart { version } }')).toEqual({ version });
});

test('a price that changed is refused, shown in the cart, and accepted with the next try', async () => {
  const { caller, version, variantId } = await readyCart();
  const variant = world.neighbours.variants.get(variantId);
  if (variant) variant.amount = 2500n;
  const refused = await placeOrder(world, caller, version, newId());
  expect(refused).toMatchObject({ order: null, userErrors: [{ code: 'PRICE_CHANGED' }] });
  const cart = await world.ask<CartShape>(caller, '{ cart { version totals { total { amount } } } }');
  expect(cart).toMatchObject({ version: version + 1, totals: { total: { amount: '54.90' } } });
  expect((await placeOrder(world, caller, cart.version, newId())).order?.total.amount).toBe('54.90');
});

test('what is missing is said, and nothing is reserved', async () => {
  const nobody = guestCaller();
  expect((await placeOrder(world, nobody, 1, newId())).userErrors).toMatchObject([{ code: 'CART_EMPTY' }]);
  const { caller, version, variantId } = await readyCart();
  expect((await placeOrder(world, caller, version - 1, newId())).userErrors).toMatchObject([
    { code: 'VERSION_CONFLICT' },
  ]);
  await world.rows('UPDATE cart SET email = NULL WHERE customer_id = $1', caller.claims?.['sub']);
  expect((await placeOrder(world, caller, version, newId())).userErrors).toMatchObject([
    { code: 'DELIVERY_INCOMPLETE' },
  ]);
  expect(world.neighbours.available(variantId)).toBe(100);
});

test('a country without a tax rate is not sold to', async () => {
  const { caller } = await readyCart();
  const { cart } = await world.ask<{ cart: CartShape }>(
    caller,
    'mutation ($input: SetCartDeliveryInput!) { setCartDelivery(input: $input) { cart { version totals { tax { amount } } } } }',
    { input: { shippingAddress: { ...address, country: 'AT' } } },
  );
  expect(cart.totals.tax).toBeNull();
  expect((await placeOrder(world, caller, cart.version, newId())).userErrors).toMatchObject([
    { code: 'NO_TAX_RATE' },
  ]);
});

test('an order that costs nothing is paid at once and waits for no payment', async () => {
  const staff = staffCaller('admin');
  const create =
    'mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { userErrors { code } } }';
  await world.ask(staff, create, {
    input: { idempotencyKey: newId(), code: 'ALL', name: 'All', kind: 'PERCENT', percentBasisPoints: 10_000 },
  });
  await world.ask(staff, create, {
    input: { idempotencyKey: newId(), code: 'SHIP', name: 'Ship', kind: 'FREE_SHIPPING' },
  });
  const { caller, version } = await readyCart();
  const apply =
    'mutation ($code: String!) { applyPromotionCode(input: { code: $code }) { cart { version } } }';
  for (const code of ['ALL', 'SHIP']) await world.ask(caller, apply, { code });
  const { order } = await placeOrder(world, caller, version + 2, newId());
  expect(order).toMatchObject({ status: 'PAID', total: { amount: '0.00' }, paymentDueAt: null });
  expect(await world.eventsOf(order?.id ?? '')).toEqual(['OrderCreated', 'OrderUpdated', 'OrderPaid']);
});

test('who has ten unpaid orders places no more', async () => {
  const caller = guestCaller();
  const { id: variantId } = world.neighbours.variant(100n);
  for (let i = 0; i < 10; i += 1) {
    const { cart } = await fillCart(world, methodId, [{ variantId, quantity: 1 }], caller);
    expect((await placeOrder(world, caller, cart.version, newId())).userErrors).toEqual([]);
  }
  const { cart } = await fillCart(world, methodId, [{ variantId, quantity: 1 }], caller);
  const { userErrors } = await placeOrder(world, caller, cart.version, newId());
  expect(userErrors).toMatchObject([{ code: 'TOO_MANY_OPEN_ORDERS' }]);
  expect(world.neighbours.available(variantId)).toBe(90);
});

test('the database refuses an order without items or whose sums do not add up', async () => {
  const { caller, version } = await readyCart();
  const { order } = await placeOrder(world, caller, version, newId());
  await expect(world.rows('DELETE FROM order_item WHERE order_id = $1', order?.id)).rejects.toThrow(
    'has no item',
  );
  await expect(
    world.rows('UPDATE orders SET gross = gross + 1, net = net + 1 WHERE id = $1', order?.id),
  ).rejects.toThrow('do not add up');
  const another = `
    INSERT INTO order_item (id, order_id, position, variant_id, product_id, sku, name, image_url,
      attributes, weight_grams, quantity, cancelled_quantity, shipped_quantity, unit_amount, discount, net, tax, gross,
      tax_category, tax_rate_ppm, tax_name)
    SELECT gen_random_uuid(), order_id, position + 1, variant_id, product_id, sku, name, image_url,
      attributes, weight_grams, quantity, cancelled_quantity, shipped_quantity, unit_amount, discount, net, tax, gross,
      tax_category, tax_rate_ppm, tax_name
    FROM order_item WHERE order_id = $1`;
  await expect(world.rows(another, order?.id)).rejects.toThrow('do not add up');
});
