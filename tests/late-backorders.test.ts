/**
 * Orders and inventory agree on what waits for stock of an order that is paid when its reservation has lapsed: what there
 * is then decides, and not what there was when it was placed.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { answerChallenge } from '../subgraphs/payments/tests/payments-test.js';
import { eventually } from './testkit/eventually.js';
import { createGoods, mutate } from './testkit/goods.js';
import {
  attempt,
  pay,
  placedOrder,
  startRaceShop,
  threeDSecure,
  violationsOf,
  type Answer,
  type RaceShop,
} from './testkit/race-shop.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

/** Goods that may be ordered beyond their stock. */
async function backorderable(stock: number): Promise<{ variantId: string; warehouseId: string }> {
  const { variantIds, warehouseId } = await createGoods(shop.staff, { prices: ['10.00'], stock });
  const [variantId = ''] = variantIds;
  const policies = [{ variantId, policy: 'BACKORDER', expectedAt: '2027-03-01T00:00:00.000Z' }];
  await mutate(shop.staff, 'setBackorderPolicies', { policies }, '');
  return { variantId, warehouseId };
}

/** Lets the order's stock go back, as after the longest hold, while its payment is under way. */
async function lapse(orderId: string): Promise<void> {
  const { errors } = await shop.subgraphs.inventory.execute({
    query: 'mutation ($input: ReleaseStockInput!) { releaseStock(input: $input) { released } }',
    variables: { input: { orderId } },
    caller: { claims: { kind: 'service', sub: 'orders' }, headers: {}, correlationId: 'test' },
  });
  if (errors?.[0]) throw errors[0];
}

const come = (goods: { variantId: string; warehouseId: string }, delta: number): Promise<unknown> =>
  mutate(
    shop.staff,
    'adjustInventoryQuantities',
    { idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Delivery', changes: [{ ...goods, delta }] },
    '',
  );

interface Told {
  paymentState: string;
  items: { backorderedQuantity: number; expectedAt: string | null }[];
}

const told = async (id: string): Promise<Told> =>
  (
    await shop.staff.data<{ order: Told }>(
      'query ($id: ID!) { order(id: $id) { paymentState items { backorderedQuantity expectedAt } } }',
      { id },
    )
  ).order;

const send = (orderId: string, itemId: string | undefined, quantity: number): Promise<Answer<unknown>> =>
  attempt(
    shop.staff,
    'shipOrder',
    { idempotencyKey: randomUUID(), orderId, lines: [{ itemId, quantity }] },
    'order { id }',
  );

test('what was there when it was placed and is not when it is paid waits, and leaves when it has come', async () => {
  const goods = await backorderable(3);
  const { guest, id, itemIds } = await placedOrder(shop, { [goods.variantId]: 3 });
  const begun = await pay(guest, id, threeDSecure);
  await lapse(id);
  const other = await placedOrder(shop, { [goods.variantId]: 2 });
  await pay(other.guest, other.id);
  await answerChallenge(begun.given?.nextActionUrl ?? null, 'complete');
  const { items } = await eventually(
    () => told(id),
    ({ items: [item] }) => item?.backorderedQuantity === 2,
  );
  expect(items).toEqual([{ backorderedQuantity: 2, expectedAt: '2027-03-01T00:00:00.000Z' }]);
  expect((await send(id, itemIds[0], 3)).code).toBe('WAITS_FOR_STOCK');
  expect((await send(id, itemIds[0], 1)).code).toBeNull();
  expect(await violationsOf(shop)).toEqual([]);
  await come(goods, 2);
  await eventually(
    () => told(id),
    ({ items: [item] }) => item?.backorderedQuantity === 0,
  );
  expect((await send(id, itemIds[0], 2)).code).toBeNull();
});

test('what had to wait when it was placed and is there when it is paid waits no more', async () => {
  const goods = await backorderable(1);
  const { guest, id, itemIds } = await placedOrder(shop, { [goods.variantId]: 3 });
  const begun = await pay(guest, id, threeDSecure);
  expect(await told(id)).toMatchObject({ items: [{ backorderedQuantity: 2 }] });
  await lapse(id);
  await come(goods, 5);
  // Nothing is held for it, and so nothing is promised that could disagree.
  expect(await violationsOf(shop)).toEqual([]);
  await answerChallenge(begun.given?.nextActionUrl ?? null, 'complete');
  const { items } = await eventually(
    () => told(id),
    ({ items: [item] }) => item?.backorderedQuantity === 0,
  );
  expect(items).toEqual([{ backorderedQuantity: 0, expectedAt: null }]);
  expect((await send(id, itemIds[0], 3)).code).toBeNull();
});
