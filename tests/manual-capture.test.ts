/** A guest orders, comes back on another device with the mail's code, pays by card; staff take the money, pack and send. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from './testkit/client.js';
import {
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signInGuest,
  signInStaff,
  type Goods,
} from './testkit/goods.js';
import { startTestShop, type TestShop } from './testkit/shop.js';
import { eventually } from './testkit/eventually.js';

let shop: TestShop;
let staff: Client;
let goods: Goods;
beforeAll(async () => {
  // The code comes with the mail about what is to be paid.
  shop = await startTestShop({ PAYMENT_CAPTURE: 'manual', SMTP_URL: '', UNPAID_MAIL_AFTER: '1m' });
  staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  goods = await createGoods(staff, { prices: ['30.00'], stock: 10 });
});
afterAll(() => shop.close());

/** The code in the mail about the order. */
function codeOf(number: string): string | undefined {
  const folder = join(shop.dataFolder, 'mail');
  if (!existsSync(folder)) return undefined;
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8').replaceAll('=\n', '').replaceAll('=\r\n', '');
    if (text.includes(number)) return /access code\s+([\w-]{43})/.exec(text)?.[1];
  }
  return undefined;
}

interface Ordered {
  id: string;
  number: string;
}
async function placed(client: Client): Promise<Ordered> {
  const cart = await fillCart(
    client,
    goods.variantIds.map((variantId) => ({ variantId, quantity: 1 })),
  );
  const { order } = await mutate<{ order: Ordered }>(
    client,
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: cart.version },
    'order { id number }',
  );
  shop.parts.testClock.advance(61_000);
  return order;
}
const stock = async (): Promise<{ onHand: number; reserved: number }> => {
  const { productVariant } = await staff.data<{
    productVariant: { stock: { onHand: number; reserved: number }[] };
  }>('query ($id: ID!) { productVariant(id: $id) { stock { onHand reserved } } }', {
    id: goods.variantIds[0],
  });
  const [level] = productVariant.stock;
  if (!level) throw new Error('There is no level.');
  return level;
};

test('a guest comes back with the code of the mail, and money is taken when staff say so', async () => {
  const order = await placed(await signInGuest(shop));
  const accessToken = await eventually(() => codeOf(order.number));
  const wrong = await shop
    .visitor()
    .data<{ signInToOrder: object }>(
      `mutation ($input: SignInToOrderInput!) { signInToOrder(input: $input) { session { accessToken } userErrors { code } } }`,
      {
        input: {
          orderNumber: order.number,
          accessToken: `${accessToken.startsWith('A') ? 'B' : 'A'}${accessToken.slice(1)}`,
        },
      },
    );
  expect(wrong.signInToOrder).toEqual({ session: null, userErrors: [{ code: 'INVALID_ORDER_ACCESS' }] });
  const { session } = await mutate<{ session: { accessToken: string } }>(
    shop.visitor(),
    'signInToOrder',
    { orderNumber: order.number, accessToken },
    'session { accessToken }',
  );
  const elsewhere = shop.visitor().as(session.accessToken);
  const before = await stock();
  const { order: paid } = await mutate<{ order: object }>(
    elsewhere,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
    'order { status paymentState payments { status captureMethod } }',
  );
  expect(paid).toMatchObject({
    status: 'CONFIRMED',
    paymentState: 'AUTHORIZED',
    payments: [{ status: 'AUTHORIZED' }],
  });
  // The order stands: its stock is sold before the money is taken.
  await eventually(stock, ({ onHand }) => onHand === before.onHand - 1);
  const captured = await mutate<{ order: object }>(
    staff,
    'captureOrder',
    { idempotencyKey: randomUUID(), orderId: order.id },
    'order { status amountDue { amount } payments { status capturedAmount { amount } } }',
  );
  expect(captured.order).toMatchObject({ status: 'PAID', payments: [{ status: 'SUCCEEDED' }] });
  const { shipment } = await mutate<{ shipment: { id: string } }>(
    staff,
    'shipOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, service: 'standard' },
    'shipment { id status trackingNumber }',
  );
  expect(shipment).toMatchObject({
    status: 'LABEL_CREATED',
    trackingNumber: expect.stringMatching(/^HS\d+DE$/),
  });
  expect(await stock()).toMatchObject({ onHand: before.onHand - 1, reserved: 0 });
});

test('cancelling gives the money that was set aside up, and the stock back', async () => {
  const guest = await signInGuest(shop);
  const before = await stock();
  const order = await placed(guest);
  await mutate(
    guest,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
    '',
  );
  await eventually(stock, ({ onHand }) => onHand === before.onHand - 1);
  const { order: cancelled } = await mutate<{ order: object }>(
    guest,
    'cancelOrder',
    { idempotencyKey: randomUUID(), orderId: order.id },
    'order { status paymentState payments { status } }',
  );
  expect(cancelled).toMatchObject({
    status: 'CANCELLED',
    paymentState: 'NONE',
    payments: [{ status: 'CANCELLED' }],
  });
  await eventually(stock, ({ onHand }) => onHand === before.onHand);
  expect(await stock()).toEqual(before);
});

test('a guest ends the links that were sent; staff end them and see none', async () => {
  const guest = await signInGuest(shop);
  const order = await placed(guest);
  const first = await eventually(() => codeOf(order.number));
  const rotate = (client: Client): Promise<{ accessToken: string | null }> =>
    mutate(client, 'rotateOrderAccess', { orderId: order.id }, 'accessToken');
  const enter = async (accessToken: string): Promise<boolean> => {
    const { signInToOrder } = await shop
      .visitor()
      .data<{ signInToOrder: { session: object | null } }>(
        `mutation ($input: SignInToOrderInput!) { signInToOrder(input: $input) { session { accessToken } } }`,
        { input: { orderNumber: order.number, accessToken } },
      );
    return signInToOrder.session !== null;
  };
  expect(await enter(first)).toBe(true);
  const { accessToken } = await rotate(guest);
  expect([await enter(first), await enter(accessToken ?? '')]).toEqual([false, true]);
  expect(await rotate(staff)).toMatchObject({ accessToken: null });
  expect(await enter(accessToken ?? '')).toBe(false);
  await expect(rotate(await signInGuest(shop))).rejects.toThrow('NOT_FOUND');
});
