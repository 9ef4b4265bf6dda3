/** Orders and inventory agree on what of an order waits for stock, also when some of it is cancelled before it comes. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGoods, mutate } from './testkit/goods.js';
import {
  attempt,
  pay,
  placedOrder,
  startRaceShop,
  violationsOf,
  type RaceShop,
} from './testkit/race-shop.js';
import { eventually } from './testkit/eventually.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

test('a piece is cancelled of three of which one is there: the other two can leave when one has come', async () => {
  const { variantIds, warehouseId } = await createGoods(shop.staff, { prices: ['10.00'], stock: 1 });
  const [variantId = ''] = variantIds;
  await mutate(shop.staff, 'setBackorderPolicies', { policies: [{ variantId, policy: 'BACKORDER' }] }, '');
  const order = await placedOrder(shop, { [variantId]: 3 });
  await pay(order.guest, order.id);
  const lines = [{ itemId: order.itemIds[0], quantity: 1 }];
  const cancelled = { idempotencyKey: randomUUID(), orderId: order.id, lines };
  expect((await attempt(order.guest, 'cancelOrderLines', cancelled, 'order { id }')).code).toBeNull();
  const waits = async (): Promise<number> =>
    (
      await shop.ledger.query<{ n: number }>(
        'SELECT coalesce(sum(quantity - filled - ended), 0)::int AS n FROM inventory.backorder WHERE order_id = $1',
        [order.id],
      )
    ).rows[0]?.n ?? -1;
  await eventually(waits, (n) => n === 1);
  const delivery = {
    ...{ idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Delivery' },
    changes: [{ variantId, warehouseId, delta: 1 }],
  };
  await mutate(shop.staff, 'adjustInventoryQuantities', delivery, '');
  await eventually(waits, (n) => n === 0);
  const shippable = await eventually(
    () =>
      attempt<{ order: { fulfilmentState: string } }>(
        shop.staff,
        'shipOrder',
        {
          idempotencyKey: randomUUID(),
          orderId: order.id,
          lines: [{ itemId: order.itemIds[0], quantity: 2 }],
        },
        'order { fulfilmentState }',
      ),
    ({ code }) => code === null,
  );
  expect(shippable.given?.order.fulfilmentState).toBe('SHIPPED');
});
