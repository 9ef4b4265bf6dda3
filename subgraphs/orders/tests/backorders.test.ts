import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { newId } from '../../shared/ids.js';
import { createWorld, fillCart, payOrder, placeOrder, setUpShop, type World } from './world.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const ship = (orderId: string, lines?: { itemId: string; quantity: number }[]) =>
  world.ask(
    staff,
    `mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { order { fulfilmentState } userErrors { code } } }`,
    { input: { idempotencyKey: newId(), orderId, ...(lines && { lines }) } },
  );
const read = (id: string) =>
  world.ask<{ items: object[]; progress: { phase: string; state: string }[]; timeline: { kind: string }[] }>(
    staff,
    `query ($id: ID!) { order(id: $id) { items { backorderedQuantity expectedAt } progress { phase state }
      timeline { kind } } }`,
    { id },
  );

test('an order knows what of it waits for stock, ships the rest, and the others when they have come', async () => {
  const expectedAt = '2026-12-01T00:00:00.000Z';
  const variant = world.neighbours.variant(1000n, { stock: 1, expectedAt });
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: variant.id, quantity: 3 }]);
  const { order } = await placeOrder(world, caller, cart.version, newId());
  if (!order) throw new Error('Not placed.');
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const itemId = order.items[0]?.id ?? '';
  expect(await read(order.id)).toMatchObject({
    items: [{ backorderedQuantity: 2, expectedAt }],
    progress: [
      ...['VALIDATED', 'RESERVED', 'PAYMENT', 'CONFIRMED'].map((phase) => ({ phase, state: 'DONE' })),
      { phase: 'STOCK', state: 'CURRENT' },
      ...['PROCESSING', 'SHIPPED', 'DELIVERED'].map((phase) => ({ phase, state: 'UPCOMING' })),
    ],
  });
  const waits = { order: null, userErrors: [{ code: 'WAITS_FOR_STOCK' }] };
  expect(await ship(order.id, [{ itemId, quantity: 2 }])).toEqual(waits);
  expect(await ship(order.id)).toEqual({ order: { fulfilmentState: 'PARTIALLY_SHIPPED' }, userErrors: [] });
  expect(await ship(order.id)).toEqual(waits);

  const lines = [{ variantId: variant.id, quantity: 1 }];
  await world.deliver('payments', 'BackorderFilled', { orderId: order.id, lines });
  expect(await read(order.id)).toMatchObject({ items: [{ backorderedQuantity: 1, expectedAt }] });
  await world.deliver('payments', 'BackorderFilled', { orderId: order.id, lines });
  const there = await read(order.id);
  expect(there.items).toEqual([{ backorderedQuantity: 0, expectedAt: null }]);
  expect(there.timeline.filter(({ kind }) => kind === 'STOCK_ARRIVED')).toHaveLength(2);
  expect(await ship(order.id)).toEqual({ order: { fulfilmentState: 'SHIPPED' }, userErrors: [] });
});

test('cancelled pieces are first those that wait, as inventory has it', async () => {
  const variant = world.neighbours.variant(1000n, { stock: 1, expectedAt: '2026-12-01T00:00:00Z' });
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: variant.id, quantity: 3 }]);
  const { order } = await placeOrder(world, caller, cart.version, newId());
  const cancel = () =>
    world.ask(
      caller,
      `mutation ($input: CancelOrderLinesInput!) { cancelOrderLines(input: $input) { userErrors { code } } }`,
      {
        input: {
          idempotencyKey: newId(),
          orderId: order?.id,
          lines: [{ itemId: order?.items[0]?.id, quantity: 1 }],
        },
      },
    );
  for (const left of [1, 0]) {
    await cancel();
    expect((await read(order?.id ?? '')).items).toMatchObject([{ backorderedQuantity: left }]);
  }
});
