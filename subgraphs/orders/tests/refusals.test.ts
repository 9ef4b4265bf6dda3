import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  createWorld,
  orderFields,
  payOrder,
  placedOrder,
  readOrder,
  setUpShop,
  type UserErrorShape,
  type World,
} from './world.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

type Answer = { order: object | null; userErrors: UserErrorShape[] };
const mutate = (caller: Caller, name: string, input: Record<string, unknown>): Promise<Answer> =>
  world.ask(
    caller,
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
      ${name}(input: $input) { order { ${orderFields} } userErrors { __typename code message field } } }`,
    { input },
  );

/** Asks with one key before and after `change` has removed the reason for the refusal. */
async function askedTwice(ask: () => Promise<Answer>, change: () => Promise<unknown>): Promise<Answer> {
  const first = await ask();
  await change();
  expect(await ask()).toEqual(first);
  return first;
}

test('what staff were refused before the payment is refused again under its key after it', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const once = { idempotencyKey: newId(), orderId: order.id };
  const refused = await askedTwice(
    () => mutate(staff, 'shipOrder', once),
    () => payOrder(world, caller, order.id, 'pm_card', newId()),
  );
  expect(refused).toMatchObject({ order: null, userErrors: [{ code: 'NOT_SHIPPABLE' }] });
  expect(await readOrder(world, caller, order.id)).toMatchObject({ shipments: [], fulfilmentState: 'NONE' });
  // A new intent has a new key.
  expect((await mutate(staff, 'shipOrder', { ...once, idempotencyKey: newId() })).userErrors).toEqual([]);
});

test('a refund of more than was paid is refused again when more has been paid', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const once = { idempotencyKey: newId(), orderId: order.id, amount: '1.00' };
  const refused = await askedTwice(
    () => mutate(staff, 'refundOrder', once),
    () => payOrder(world, caller, order.id, 'pm_card', newId()),
  );
  expect(refused).toMatchObject({ order: null, userErrors: [{ code: 'INVALID_INPUT' }] });
  expect(await readOrder(world, caller, order.id)).toMatchObject({ refunds: [] });
});

test('a second payment is refused, and under its key again', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const once = { idempotencyKey: newId(), orderId: order.id, paymentMethodId: 'pm_card' };
  const refused = await askedTwice(
    () => mutate(caller, 'payOrder', once),
    () => Promise.resolve(),
  );
  expect(refused).toMatchObject({ order: null, userErrors: [{ code: 'ALREADY_PAID' }] });
});

test('an order that was cancelled before is refused again, not told as cancelled by this call', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await mutate(caller, 'cancelOrder', { idempotencyKey: newId(), orderId: order.id });
  for (const name of ['cancelOrder', 'cancelOrderLines']) {
    const lines = name === 'cancelOrderLines' ? { lines: [{ itemId: order.items[0]?.id, quantity: 1 }] } : {};
    const once = { idempotencyKey: newId(), orderId: order.id, ...lines };
    const refused = await askedTwice(
      () => mutate(caller, name, once),
      () => Promise.resolve(),
    );
    expect(refused).toMatchObject({ order: null, userErrors: [{ code: 'ALREADY_CANCELLED' }] });
  }
});

test('a cancellation that waits for a payment is not decided: the same key cancels when it is over', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_debit', newId());
  const once = { idempotencyKey: newId(), orderId: order.id };
  const waits = await mutate(caller, 'cancelOrder', once);
  expect(waits.userErrors).toMatchObject([{ code: 'PAYMENT_IN_PROGRESS' }]);
  const payment = world.neighbours.payments.at(-1);
  if (payment) payment.status = 'FAILED';
  expect(await mutate(caller, 'cancelOrder', once)).toMatchObject({
    order: { status: 'CANCELLED' },
    userErrors: [],
  });
});

test('an article that was not for sale is refused again under its key when it is', async () => {
  const caller = guestCaller();
  const variant = world.neighbours.variant(1000n, { purchasable: false });
  const add = (idempotencyKey: string): Promise<{ cart: object | null; userErrors: UserErrorShape[] }> =>
    world.ask(
      caller,
      `mutation ($input: AddToCartInput!) {
        addToCart(input: $input) { cart { totalQuantity } userErrors { code message field } } }`,
      { input: { idempotencyKey, lines: [{ variantId: variant.id, quantity: 1 }] } },
    );
  const key = newId();
  const refused = await add(key);
  expect(refused).toMatchObject({ cart: null, userErrors: [{ code: 'VARIANT_UNAVAILABLE' }] });
  variant.purchasable = true;
  expect(await add(key)).toEqual(refused);
  expect(await world.ask(caller, '{ cart { id } }')).toBeNull();
  expect(await add(newId())).toEqual({ cart: { totalQuantity: 1 }, userErrors: [] });
});
