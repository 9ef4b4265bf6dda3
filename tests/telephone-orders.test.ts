/** What staff do for a customer on the telephone, and what a customer's address book saves, through the gateway. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from './testkit/client.js';
import {
  address,
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signInStaff,
  type Goods,
} from './testkit/goods.js';
import { startTestShop, type TestShop } from './testkit/shop.js';
import { eventually } from './testkit/eventually.js';

let shop: TestShop;
let staff: Client;
let goods: Goods;
let shippingMethodId: string;
beforeAll(async () => {
  shop = await startTestShop();
  staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  goods = await createGoods(staff, { prices: ['100.00'], stock: 20 });
  const { shippingMethods } = await staff.data<{ shippingMethods: { id: string }[] }>(
    '{ shippingMethods { id } }',
  );
  shippingMethodId = shippingMethods[0]?.id ?? '';
});
afterAll(() => shop.close());

/** A registered customer and their id. */
async function newCustomer(): Promise<{ customer: Client; id: string }> {
  const { session } = await mutate<{ session: { accessToken: string; user: { id: string } } }>(
    shop.visitor(),
    'register',
    {
      ...{ idempotencyKey: randomUUID(), email: `${randomUUID()}@example.com` },
      ...{ username: `anna_${randomUUID().slice(0, 8)}`, password: 'plenty of wind at sea' },
      ...{ firstName: 'Anna', lastName: 'Kröger' },
    },
    'session { accessToken user { id } }',
  );
  return { customer: shop.visitor().as(session.accessToken), id: session.user.id };
}

const fields = `order { id status placedAt total { amount } customer { id displayName } placedBy { id }
  items { id attributes variant { sku } } payments { status initiatedBy { id } } }`;
interface Placed {
  order: { id: string; status: string; items: { id: string }[] };
}

const telephoneOrder = (more: object): Promise<Placed> =>
  mutate<Placed>(
    staff,
    'placeOrderFor',
    {
      ...{ idempotencyKey: randomUUID(), email: 'anna@example.com', currencyCode: 'EUR', shippingMethodId },
      ...{ lines: [{ variantId: goods.variantIds[0], quantity: 2 }], shippingAddress: address },
      ...more,
    },
    fields,
  );

const available = async (): Promise<number> => {
  const { productVariant } = await staff.data<{ productVariant: { availability: { quantity: number } } }>(
    'query ($id: ID!) { productVariant(id: $id) { availability { quantity } } }',
    { id: goods.variantIds[0] },
  );
  return productVariant.availability.quantity;
};

test('staff place, pay and cancel in part an order of a registered customer', async () => {
  const { customer, id } = await newCustomer();
  const me = await staff.data<{ me: { id: string } }>('{ me { id } }');
  const before = await available();
  const placedAt = '2024-05-06T07:08:09.000Z';
  const { order } = await telephoneOrder({ customerId: id, placedAt, notifyCustomer: false });
  expect(order).toMatchObject({
    ...{ status: 'PENDING', placedAt, total: { amount: '204.90' }, customer: { id } },
    ...{ placedBy: me.me, payments: [], items: [{ variant: { sku: goods.skus[0] } }] },
  });
  expect(await available()).toBe(before - 2);
  const paid = await mutate<Placed>(
    staff,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
    fields,
  );
  expect(paid.order).toMatchObject({
    status: 'PAID',
    payments: [{ status: 'SUCCEEDED', initiatedBy: me.me }],
  });
  const lines = [{ itemId: order.items[0]?.id, quantity: 1 }];
  await mutate(
    staff,
    'cancelOrderLines',
    { idempotencyKey: randomUUID(), orderId: order.id, lines },
    'order { id }',
  );
  const mine = await eventually(
    () =>
      customer.data<{ order: { payments: { status: string }[] } }>(
        'query ($id: ID!) { order(id: $id) { status email refundedAmount { amount } payments { status } } }',
        { id: order.id },
      ),
    (answer) => answer.order.payments[0]?.status === 'PARTIALLY_REFUNDED',
  );
  expect(mine.order).toEqual({
    ...{ status: 'PAID', email: 'anna@example.com', refundedAmount: { amount: '100.00' } },
    payments: [{ status: 'PARTIALLY_REFUNDED' }],
  });
  // The piece that was cancelled comes back a moment later.
  expect(await eventually(available, (n) => n !== before - 2)).toBe(before - 1);
});

test('a customer that users does not know is refused, and so is a customer who is not staff', async () => {
  const before = await available();
  await expect(telephoneOrder({ customerId: randomUUID() })).rejects.toThrow('NOT_FOUND');
  const { customer, id } = await newCustomer();
  const input = {
    ...{ idempotencyKey: randomUUID(), customerId: id, email: 'a@example.com', currencyCode: 'EUR' },
    ...{ lines: [{ variantId: goods.variantIds[0], quantity: 1 }], shippingAddress: address },
    shippingMethodId,
  };
  await expect(mutate(customer, 'placeOrderFor', input, 'order { id }')).rejects.toThrow('orders:write');
  expect(await available()).toBe(before);
});

test('a customer orders to an address of their book', async () => {
  const { customer } = await newCustomer();
  const { address: saved } = await mutate<{ address: { id: string } }>(
    customer,
    'saveAddress',
    { idempotencyKey: randomUUID(), type: 'BOTH', ...address, line1: 'Alfstraße 7' },
    'address { id }',
  );
  const lines = [{ variantId: goods.variantIds[0] ?? '', quantity: 1 }];
  await fillCart(customer, lines);
  const { cart } = await mutate<{ cart: { version: number; shippingAddress: { line1: string } } }>(
    customer,
    'setCartDelivery',
    { shippingAddressId: saved.id },
    'cart { version shippingAddress { line1 } lines { discount { amount } } }',
  );
  expect(cart).toMatchObject({
    shippingAddress: { line1: 'Alfstraße 7' },
    lines: [{ discount: { amount: '0.00' } }],
  });
  const { order } = await mutate<{ order: { shippingAddress: object } }>(
    customer,
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: cart.version },
    'order { shippingAddress { line1 } }',
  );
  expect(order.shippingAddress).toEqual({ line1: 'Alfstraße 7' });
  const other = await newCustomer();
  await fillCart(other.customer, lines);
  await expect(
    mutate(other.customer, 'setCartDelivery', { shippingAddressId: saved.id }, 'cart { id }'),
  ).rejects.toThrow('NOT_FOUND');
});
