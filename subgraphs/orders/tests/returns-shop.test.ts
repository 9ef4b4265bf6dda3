/** Returns in a whole shop: orders, inventory and payments together, judged by `npm run verify`'s questions. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signInGuest,
  signInStaff,
} from '../../../tests/testkit/goods.js';
import { askAtRest } from '../../../tests/testkit/ledger.js';
import { startTestShop, type TestShop } from '../../../tests/testkit/shop.js';

let shop: TestShop;
let client: pg.Client;
beforeAll(async () => {
  shop = await startTestShop();
  client = new pg.Client({ connectionString: shop.parts.database.adminUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await shop.close();
});

const key = randomUUID;

test('of four pieces one comes back to stock and one is written off: both are refunded, one is for sale', async () => {
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  const goods = await createGoods(staff, { prices: ['10.00'], stock: 4 });
  const variantId = goods.variantIds[0] ?? '';
  const customer = await signInGuest(shop);
  const { version } = await fillCart(customer, [{ variantId, quantity: 4 }]);
  const { order } = await mutate<{ order: { id: string; items: { id: string }[] } }>(
    customer,
    'placeOrder',
    { idempotencyKey: key(), expectedVersion: version },
    'order { id items { id } }',
  );
  const orderId = order.id;
  const pay = { idempotencyKey: key(), orderId, paymentMethodId: 'pm_card_visa' };
  await mutate(customer, 'payOrder', pay, '');
  await mutate(staff, 'shipOrder', { idempotencyKey: key(), orderId }, '');
  for (const restock of [true, false]) {
    const lines = [{ itemId: order.items[0]?.id, quantity: 1 }];
    const asked = { idempotencyKey: key(), orderId, lines, reason: 'NOT_WANTED' };
    const { return: one } = await mutate<{ return: { id: string } }>(
      customer,
      'requestReturn',
      asked,
      'return { id }',
    );
    await mutate(staff, 'approveReturn', { returnId: one.id }, '');
    await mutate(staff, 'receiveReturn', { idempotencyKey: key(), returnId: one.id, restock }, '');
  }
  expect(await askAtRest(client, () => new Date(Date.now() + 1_000))).toEqual([]);

  const ledger = await client.query<{ type: string; quantity: number }>(
    'SELECT type, quantity FROM inventory.inventory_transaction WHERE variant_id = $1 ORDER BY id',
    [variantId],
  );
  expect(ledger.rows.map(({ type, quantity }) => `${type} ${quantity}`)).toEqual([
    ...['ADJUSTMENT 4', 'SALE -4', 'RETURN 1'],
  ]);
  const { order: after } = await customer.data<{ order: object }>(
    `query ($id: ID!) { order(id: $id) { status fulfilmentState paymentState refundedAmount { amount }
      returns { status refundedAmount { amount } } payments { refundedAmount { amount } } } }`,
    { id: orderId },
  );
  const back = { status: 'RECEIVED', refundedAmount: { amount: '10.00' } };
  expect(after).toEqual({
    ...{ status: 'DELIVERED', fulfilmentState: 'PARTIALLY_RETURNED', paymentState: 'PARTIALLY_REFUNDED' },
    ...{ refundedAmount: { amount: '20.00' }, returns: [back, back] },
    payments: [{ refundedAmount: { amount: '20.00' } }],
  });
  // The one that is back can be bought.
  const { version: next } = await fillCart(await signInGuest(shop), [{ variantId, quantity: 1 }]);
  expect(next).toBeGreaterThan(0);
});
