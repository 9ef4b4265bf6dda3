import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCarrierSandbox, type CarrierSandbox } from '../../../local/carrier/server.js';
import { staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { createWorld, payOrder, placedOrder, setUpShop, type UserErrorShape, type World } from './world.js';

let folder: string;
let carrier: CarrierSandbox;
let world: World;
let methodId: string;
const staff = staffCaller('admin');
const day = 86_400_000;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hanse-returns-'));
  carrier = await startCarrierSandbox({ dataFolder: folder, key: 'key' });
  world = await createWorld({ CARRIER_URL: carrier.url, CARRIER_KEY: 'key' });
  methodId = await setUpShop(world);
});
afterAll(async () => {
  await world.close();
  await carrier.stop();
  await rm(folder, { recursive: true });
});

interface Answer {
  return: { id: string; status: string; labelUrl: string | null; received: object[] | null } | null;
  userErrors: UserErrorShape[];
}
const fields = `id status labelUrl trackingNumber received { quantity restocked item { id } } lines { quantity }
  order { fulfilmentState refundedAmount { amount } }`;
const mutate = (name: string, input: Record<string, unknown>, caller: Caller = staff): Promise<Answer> =>
  world.ask(
    caller,
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
      ${name}(input: $input) { return { ${fields} } userErrors { code message } } }`,
    { input },
  );

interface Delivered {
  caller: Caller;
  orderId: string;
  itemId: string;
  variantId: string;
}
/** Three pieces at 20.00 and shipping of 4.90, arrived. */
async function delivered(): Promise<Delivered> {
  const { caller, order, variantId } = await placedOrder(world, methodId, { quantity: 3 });
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const { shipment } = await world.ask<{ shipment: { id: string } }>(
    staff,
    `mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { shipment { id } userErrors { code } } }`,
    { input: { idempotencyKey: newId(), orderId: order.id } },
  );
  await world.ask(
    staff,
    `mutation ($input: DeliverShipmentInput!) { deliverShipment(input: $input) { userErrors { code } } }`,
    { input: { shipmentId: shipment.id } },
  );
  return { caller, orderId: order.id, itemId: order.items[0]?.id ?? '', variantId };
}
const ask = ({ caller, orderId, itemId }: Delivered, quantity: number, as = caller): Promise<Answer> =>
  mutate(
    'requestReturn',
    { idempotencyKey: newId(), orderId, reason: 'OTHER', lines: [{ itemId, quantity }] },
    as,
  );
async function approved(order: Delivered, quantity: number): Promise<string> {
  const returnId = (await ask(order, quantity)).return?.id ?? '';
  await mutate('approveReturn', { returnId });
  return returnId;
}
const statusOf = async ({ orderId }: Delivered): Promise<string[]> => {
  const { returns } = await world.ask<{ returns: { status: string }[] }>(
    staff,
    `query ($id: ID!) { order(id: $id) { returns { status } } }`,
    { id: orderId },
  );
  return returns.map(({ status }) => status);
};

test('two of three pieces come: they are given back with the shipping, and the third can be asked for again', async () => {
  const order = await delivered();
  const { itemId, variantId, orderId } = order;
  const returnId = await approved(order, 3);
  const lines = [{ itemId, quantity: 2, restocked: true }];
  for (const wrong of [{}, { restock: true, lines }, { lines: [{ itemId, quantity: 4, restocked: true }] }])
    expect(
      (await mutate('receiveReturn', { idempotencyKey: newId(), returnId, ...wrong })).userErrors,
    ).toMatchObject([{ code: 'INVALID_INPUT' }]);
  expect(await statusOf(order)).toEqual(['APPROVED']);
  const input = { idempotencyKey: newId(), returnId, lines, refundShipping: true };
  for (let time = 1; time <= 2; time += 1)
    expect((await mutate('receiveReturn', input)).return).toMatchObject({
      ...{
        status: 'RECEIVED',
        received: [{ quantity: 2, restocked: true, item: { id: itemId } }],
        lines: [{ quantity: 3 }],
      },
      order: { fulfilmentState: 'PARTIALLY_RETURNED', refundedAmount: { amount: '44.90' } },
    });
  const told = await world.rows(
    `SELECT payload->'lines' AS lines, payload->'restock' AS restock FROM outbox
     WHERE aggregate_id = $1 AND type = 'ReturnReceived'`,
    orderId,
  );
  expect(told).toEqual([{ lines: [{ variantId, quantity: 2 }], restock: true }]);

  const last = await approved(order, 1);
  const again = await mutate('receiveReturn', {
    idempotencyKey: newId(),
    returnId: last,
    restock: false,
    refundShipping: true,
  });
  expect(again.userErrors).toMatchObject([{ code: 'SHIPPING_REFUNDED' }]);
  const done = await mutate('receiveReturn', { idempotencyKey: newId(), returnId: last, restock: false });
  expect(done.return).toMatchObject({
    order: { fulfilmentState: 'RETURNED', refundedAmount: { amount: '64.90' } },
  });
});

test('after thirty days only staff can ask for a return', async () => {
  const order = await delivered();
  world.parts.testClock.advance(30 * day + 60_000);
  expect(await ask(order, 1)).toMatchObject({ return: null, userErrors: [{ code: 'RETURN_TIME_OVER' }] });
  expect(await statusOf(order)).toEqual([]);
  expect((await ask(order, 1, staff)).userErrors).toEqual([]);
});

test('a return that nobody decides on is approved, and one that nobody sends ends', async () => {
  const order = await delivered();
  await ask(order, 3);
  world.parts.testClock.advance(14 * day + 60_000);
  await world.consume('timers');
  expect(await statusOf(order)).toEqual(['APPROVED']);
  world.parts.testClock.advance(60 * day + 60_000);
  await world.consume('timers');
  await world.consume('timers');
  expect(await statusOf(order)).toEqual(['EXPIRED']);
  expect((await ask(order, 3, staff)).userErrors).toEqual([]);
});

test('a label for the way back is bought once', async () => {
  const order = await delivered();
  const returnId = (await ask(order, 1)).return?.id ?? '';
  const input = { returnId, service: 'standard' };
  const answers = await Promise.all([1, 2].map(() => mutate('approveReturn', input)));
  for (const answer of [...answers, await mutate('approveReturn', input)])
    expect(answer.return).toMatchObject({
      status: 'APPROVED',
      labelUrl: expect.stringContaining('/labels/'),
    });
  expect(carrier.labels().filter(({ request }) => request.reference === returnId)).toMatchObject([
    { request: { isReturn: true } },
  ]);
});

test('staff list returns by status', async () => {
  const order = await delivered();
  const { return: asked } = await ask(order, 1);
  const query = `query ($first: Int) { returns(filter: { status: REQUESTED }, first: $first) {
    nodes { id status order { id } } pageInfo { hasNextPage } } }`;
  const page = await world.ask<{ nodes: object[] }>(staff, query, { first: 1 });
  expect(page).toMatchObject({
    nodes: [{ id: asked?.id, status: 'REQUESTED', order: { id: order.orderId } }],
  });
  expect(await world.refused(order.caller, query)).toBe('FORBIDDEN');
});
