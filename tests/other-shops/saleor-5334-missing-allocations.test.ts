/**
 * saleor#5334: of a hundred orders once in a while one or two had allocated nothing, so that the stock said that there
 * was more to sell than there was. Nobody could repeat it; what was suspected was a staff member or a buyer who changes an
 * order or its articles at the same moment, with a lock missing somewhere.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGoods, mutate } from '../testkit/goods.js';
import {
  attempt,
  buyerOf,
  cancel,
  countsOf,
  place,
  startRaceShop,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

test('each of fifty orders has reserved exactly its lines, whatever else happens to it and to its articles', async () => {
  const prices = ['10.00', '20.00', '30.00'];
  const { variantIds, warehouseId } = await createGoods(shop.staff, { prices, stock: 200 });
  const [a = '', b = '', c = ''] = variantIds;
  const carts = [{ [a]: 1, [b]: 2 }, { [c]: 3, [a]: 1 }, { [b]: 1 }, { [c]: 1, [b]: 1, [a]: 2 }];
  const buyers = await times(50, (i) => buyerOf(shop, carts[i % carts.length] ?? {}));
  const interfere = (i: number): Promise<unknown> =>
    i % 2
      ? mutate(
          shop.staff,
          'adjustInventoryQuantities',
          {
            idempotencyKey: randomUUID(),
            type: 'PURCHASE',
            reason: 'Delivery',
            changes: variantIds.map((variantId) => ({ variantId, warehouseId, delta: 1 })),
          },
          '',
        )
      : mutate(
          shop.staff,
          'setStockThresholds',
          { levels: variantIds.map((variantId) => ({ variantId, warehouseId, lowStockThreshold: i })) },
          '',
        );
  const [answers] = await Promise.all([
    Promise.all(
      buyers.map(async ({ guest, version }, i) => {
        const key = randomUUID();
        // Every fifth presses twice, every tenth thinks better of a part of it, or of all.
        const [answer] = await Promise.all([
          place(guest, version, key),
          ...(i % 5 === 0 ? [place(guest, version, key)] : []),
        ]);
        const { order } = answer.given ?? {};
        if (order && i % 10 === 3) await cancel(guest, order.id);
        if (order && i % 10 === 7)
          await attempt(
            guest,
            'cancelOrderLines',
            {
              idempotencyKey: randomUUID(),
              orderId: order.id,
              lines: [{ itemId: order.items[0]?.id, quantity: 1 }],
            },
            '',
          );
        return answer;
      }),
    ),
    times(20, interfere),
  ]);
  expect(countsOf(answers)).toEqual({ DONE: 50 });
  expect(await violationsOf(shop)).toEqual([]);
  const { rows } = await shop.ledger.query<{ order_id: string; ordered: unknown; reserved: unknown }>(
    `SELECT o.id AS order_id,
       (SELECT jsonb_object_agg(variant_id, quantity - cancelled_quantity) FROM orders.order_item i
        WHERE i.order_id = o.id AND quantity > cancelled_quantity) AS ordered,
       (SELECT jsonb_object_agg(variant_id, quantity) FROM inventory.reservation_line l
        JOIN inventory.reservation r USING (order_id)
        WHERE l.order_id = o.id AND r.status = 'OPEN' AND quantity > 0) AS reserved
     FROM orders.orders o`,
  );
  expect(rows).toHaveLength(50);
  expect(rows.filter((row) => row.ordered === null)).toHaveLength(5);
  for (const { ordered, reserved } of rows) expect(reserved).toEqual(ordered);
});
