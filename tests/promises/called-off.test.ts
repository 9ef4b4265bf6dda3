/**
 * P2, never undersell for long: an order that was given more time for what it is paid with gives it back when that payment is
 * called off at the provider, and its stock with it.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGoods } from '../testkit/goods.js';
import { eventually } from '../testkit/eventually.js';
import {
  pay,
  placedOrder,
  startRaceShop,
  stockOf,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop({ PAYMENT_HOLD_TIMES: 'PAYPAL:1h' });
});
afterAll(() => shop.close());

const minute = 60_000;

test('a payment that is called off at the provider frees the order from the hour that it was given for it', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 3 });
  const [id = ''] = variantIds;
  const { guest, id: orderId } = await placedOrder(shop, { [id]: 3 });
  const begun = await pay(guest, orderId, {
    ...{ paymentMethodId: 'pm_paypal', returnUrl: 'https://shop.example/back' },
  });
  expect(begun.given?.order?.status).toBe('PENDING');
  /** Minutes that the order has. */
  const left = async (): Promise<number> => {
    const { rows } = await shop.ledger.query<{ due: Date }>(
      'SELECT payment_due_at AS due FROM orders.orders WHERE id = $1',
      [orderId],
    );
    return ((rows[0]?.due.getTime() ?? 0) - shop.parts.clock().getTime()) / minute;
  };
  expect(await left()).toBeGreaterThan(50);
  const { rows } = await shop.ledger.query<{ intent: string }>(
    'SELECT provider_intent_id AS intent FROM payments.payment WHERE order_id = $1',
    [orderId],
  );
  await shop.stripe.paymentIntents.cancel(rows[0]?.intent ?? '');
  await eventually(left, (minutes) => minutes <= 30);
  expect(await left()).toBeGreaterThan(25);
  shop.parts.testClock.advance(31 * minute);
  await eventually(
    () => stockOf(shop, id),
    (stock) => JSON.stringify(stock) === JSON.stringify({ on_hand: 3, reserved: 0 }),
  );
  expect(await violationsOf(shop)).toEqual([]);
});
