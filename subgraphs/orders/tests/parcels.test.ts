import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCarrierSandbox, type CarrierSandbox } from '../../../local/carrier/server.js';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  address,
  createWorld,
  fillCart,
  orderFields,
  payOrder,
  placeOrder,
  readOrder,
  setUpShop,
  type OrderShape,
  type UserErrorShape,
  type World,
} from './world.js';

let folder: string;
let carrier: CarrierSandbox;
let world: World;
let methodId: string;
const staff = staffCaller('admin');
const minute = 60_000;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hanse-carrier-'));
  carrier = await start();
  world = await createWorld({
    CARRIER_URL: carrier.url,
    CARRIER_KEY: 'key',
    CARRIER_TRACKING_INTERVAL: '10m',
  });
  methodId = await setUpShop(world);
});
afterAll(async () => {
  await world.close();
  await carrier.stop();
  await rm(folder, { recursive: true });
});
const start = (chaos?: { failRate: number; loseAnswerRate: number; seed: number }): Promise<CarrierSandbox> =>
  startCarrierSandbox({
    ...{
      dataFolder: folder,
      key: 'key',
      stepMs: 10 * minute,
      clock: () => world?.parts.clock() ?? new Date(),
    },
    ...(carrier && { port: Number(new URL(carrier.url).port) }),
    ...(chaos && { chaos }),
  });

interface Parcel {
  id: string;
  status: string;
  trackingNumber: string | null;
  labelUrl: string | null;
  labelCost: { amount: string } | null;
  deliveryDate: string | null;
  shippedAt: string | null;
  events: { status: string }[];
}
interface Answer {
  order: OrderShape | null;
  shipment: Parcel | null;
  userErrors: UserErrorShape[];
}
const parcelFields = `id status service trackingNumber trackingUrl labelUrl labelCost { amount } deliveryDate shippedAt
  deliveredAt lines { quantity item { id } } events { status message }`;
const mutate = (name: string, input: Record<string, unknown>, caller: Caller = staff): Promise<Answer> => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return world.ask(
    caller,
    `mutation ($input: ${type}!) { ${name}(input: $input) {
      order { ${orderFields} } shipment { ${parcelFields} } userErrors { code message } } }`,
    { input },
  );
};
const parcelsOf = async (order: OrderShape): Promise<Parcel[]> => {
  const found = await world.ask<{ shipments: Parcel[] }>(
    staff,
    `query ($id: ID!) { order(id: $id) { shipments { ${parcelFields} } } }`,
    { id: order.id },
  );
  return found.shipments;
};
const labelsOf = (parcel: Parcel | null): number =>
  carrier.labels().filter(({ request }) => request.reference === parcel?.id).length;

async function paid(
  postalCode = '23552',
  quantity = 3,
): Promise<{ caller: Caller; order: OrderShape; itemId: string }> {
  const variant = world.neighbours.variant(1000n);
  const filled = await fillCart(world, methodId, [{ variantId: variant.id, quantity }]);
  const moved = await world.ask<{ cart: { version: number } }>(
    filled.caller,
    `mutation ($input: SetCartDeliveryInput!) { setCartDelivery(input: $input) { cart { version } } }`,
    { input: { shippingAddress: { ...address, postalCode } } },
  );
  const { order } = await placeOrder(world, filled.caller, moved.cart.version, newId());
  if (!order) throw new Error('Not placed.');
  await payOrder(world, filled.caller, order.id, 'pm_card', newId());
  return { caller: filled.caller, order, itemId: order.items[0]?.id ?? '' };
}
const ship = (order: OrderShape, more: Record<string, unknown> = {}): Promise<Answer> =>
  mutate('shipOrder', { idempotencyKey: newId(), orderId: order.id, service: 'standard', ...more });
/** Time passes, and what is due by then is done. */
async function pass(ms: number): Promise<void> {
  world.parts.testClock.advance(ms);
  await world.consume('timers');
}
const read = (order: OrderShape): Promise<OrderShape> => readOrder(world, staff, order.id);
const told = async (order: OrderShape, type: string): Promise<number> =>
  (await world.eventsOf(order.id)).filter((one) => one === type).length;

test('a parcel that left and arrived before anybody asked is delivered: both are told, once', async () => {
  const { order } = await paid();
  await ship(order);
  await pass(45 * minute);
  expect(await read(order)).toMatchObject({ status: 'DELIVERED', items: [{ shippedQuantity: 3 }] });
  await pass(45 * minute);
  expect([await told(order, 'OrderShipped'), await told(order, 'OrderDelivered')]).toEqual([1, 1]);
});

test('a parcel gets its label once, leaves when the carrier says so, arrives, and the order is done', async () => {
  const { caller, order, itemId } = await paid();
  const input = { idempotencyKey: newId(), orderId: order.id, service: 'standard' };
  const answers = await Promise.all([1, 2, 3].map(() => mutate('shipOrder', input)));
  const [{ shipment: parcel }] = answers as [Answer];
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], [], []]);
  expect((await mutate('shipOrder', input)).shipment).toMatchObject({
    ...{ id: parcel?.id, status: 'LABEL_CREATED', shippedAt: null, labelCost: { amount: '5.40' } },
    ...{ lines: [{ quantity: 3, item: { id: itemId } }], events: [] },
  });
  expect(labelsOf(parcel)).toBe(1);
  expect(await read(order)).toMatchObject({
    status: 'PROCESSING',
    items: [{ shippedQuantity: 0 }],
    cancellable: false,
  });
  expect(await told(order, 'OrderShipped')).toBe(0);

  await pass(11 * minute);
  expect(await read(order)).toMatchObject({ status: 'SHIPPED', items: [{ shippedQuantity: 3 }] });
  await pass(11 * minute);
  expect(await parcelsOf(order)).toMatchObject([{ status: 'OUT_FOR_DELIVERY' }]);
  await pass(11 * minute);
  await pass(11 * minute);
  expect(await read(order)).toMatchObject({ status: 'DELIVERED', orderState: 'COMPLETED' });
  const [arrived] = await parcelsOf(order);
  expect(arrived?.events.map(({ status }) => status)).toEqual([
    ...['LABEL_CREATED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'],
  ]);
  expect([await told(order, 'OrderShipped'), await told(order, 'OrderDelivered')]).toEqual([1, 1]);
  // What the label cost is the shop's concern.
  const asCustomer = `query ($id: ID!) { order(id: $id) { shipments { labelCost { amount } } } }`;
  expect(await world.refused(caller, asCustomer, { id: order.id })).toBe('FORBIDDEN');
});

test('an order leaves in two parcels, and some of it is cancelled in between, to the cent', async () => {
  const { caller, order, itemId } = await paid('23552', 3);
  await ship(order, { lines: [{ itemId, quantity: 1 }] });
  const tooMany = await ship(order, { lines: [{ itemId, quantity: 3 }] });
  expect(tooMany.userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  await pass(11 * minute);
  expect(await read(order)).toMatchObject({ fulfilmentState: 'PARTIALLY_SHIPPED' });
  const lines = [{ itemId, quantity: 1 }];
  const whole = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }`;
  expect(await world.ask(caller, whole, { input: { idempotencyKey: newId(), orderId: order.id } })).toEqual({
    userErrors: [{ code: 'NOT_CANCELLABLE' }],
  });
  const cancel = `mutation ($input: CancelOrderLinesInput!) { cancelOrderLines(input: $input) {
    order { ${orderFields} } userErrors { code } } }`;
  const input = { idempotencyKey: newId(), orderId: order.id, lines };
  for (let time = 1; time <= 2; time += 1)
    expect(await world.ask(caller, cancel, { input })).toMatchObject({
      userErrors: [],
      order: { refundedAmount: { amount: '10.00' }, items: [{ cancelledQuantity: 1, shippedQuantity: 1 }] },
    });
  await ship(order);
  await pass(35 * minute);
  await pass(35 * minute);
  expect(await read(order)).toMatchObject({
    status: 'DELIVERED',
    orderState: 'COMPLETED',
    refundedAmount: { amount: '10.00' },
  });
});

test('cancelling the rest after a part has arrived finishes the order', async () => {
  const { caller, order, itemId } = await paid('23552', 2);
  await ship(order, { lines: [{ itemId, quantity: 1 }] });
  await pass(35 * minute);
  await pass(35 * minute);
  expect(await read(order)).toMatchObject({ fulfilmentState: 'PARTIALLY_SHIPPED', orderState: 'CONFIRMED' });
  await world.ask(
    caller,
    `mutation ($input: CancelOrderLinesInput!) { cancelOrderLines(input: $input) { userErrors { code } } }`,
    { input: { idempotencyKey: newId(), orderId: order.id, lines: [{ itemId, quantity: 1 }] } },
  );
  expect(await read(order)).toMatchObject({ fulfilmentState: 'DELIVERED', orderState: 'COMPLETED' });
});

test('a label that is given back opens its articles again; one on its way cannot be', async () => {
  const { order } = await paid();
  const { shipment } = await ship(order);
  for (let time = 1; time <= 2; time += 1)
    expect(await mutate('cancelShipment', { shipmentId: shipment?.id })).toMatchObject({
      userErrors: [],
      shipment: { status: 'CANCELLED' },
    });
  expect(
    carrier.labels().find(({ request }) => request.reference === shipment?.id)?.cancelledAt,
  ).not.toBeNull();
  expect(await read(order)).toMatchObject({ cancellable: true, fulfilmentState: 'PROCESSING' });
  const { shipment: second } = await ship(order);
  world.parts.testClock.advance(11 * minute);
  // The carrier knows more than we do.
  const late = await mutate('cancelShipment', { shipmentId: second?.id });
  expect(late.userErrors).toMatchObject([{ code: 'SHIPMENT_ON_ITS_WAY' }]);
  expect((await parcelsOf(order)).map(({ status }) => status)).toEqual(['CANCELLED', 'LABEL_CREATED']);
});

test('an address that the carrier does not know gets no label, and the articles are open again', async () => {
  const { order } = await paid('00000');
  const { userErrors, shipment } = await ship(order);
  expect([userErrors, shipment]).toMatchObject([
    [{ code: 'LABEL_REFUSED', message: 'There is no such address.' }],
    null,
  ]);
  expect(await parcelsOf(order)).toMatchObject([{ status: 'CANCELLED' }]);
  expect(await read(order)).toMatchObject({ cancellable: true, items: [{ shippedQuantity: 0 }] });
});

test('trouble on the way is told, and what comes back to the sender is no delivery', async () => {
  const troubled = await paid('00001');
  const lost = await paid('00002');
  await ship(troubled.order);
  await ship(lost.order);
  await pass(21 * minute);
  expect(await parcelsOf(troubled.order)).toMatchObject([{ status: 'EXCEPTION' }]);
  await pass(35 * minute);
  expect(await read(troubled.order)).toMatchObject({ status: 'DELIVERED' });
  expect(await parcelsOf(lost.order)).toMatchObject([{ status: 'RETURNED_TO_SENDER' }]);
  expect(await read(lost.order)).toMatchObject({ status: 'SHIPPED', orderState: 'CONFIRMED' });
  expect(await told(lost.order, 'OrderDelivered')).toBe(0);
});

test('a carrier that fails and loses answers sells one label per parcel, after a restart too', async () => {
  await carrier.stop();
  carrier = await start({ failRate: 0.4, loseAnswerRate: 0.4, seed: 7 });
  const orders: OrderShape[] = [];
  for (let i = 0; i < 6; i += 1) orders.push((await paid()).order);
  for (const order of orders) expect((await ship(order)).userErrors).toEqual([]);
  await carrier.stop();
  for (const order of orders)
    expect((await parcelsOf(order))[0]?.status).toMatch(/^LABEL_(REQUESTED|CREATED)$/);
  carrier = await start();
  for (let i = 0; i < 6; i += 1) await pass(1.2 * minute);
  for (const order of orders) {
    const [parcel = null] = await parcelsOf(order);
    expect([parcel?.status, labelsOf(parcel)]).toEqual(['LABEL_CREATED', 1]);
  }
});

test('rates are for staff, and are the carrier’s', async () => {
  const { caller, order } = await paid();
  const query = `query ($orderId: ID!) { shipmentRates(orderId: $orderId) { service price { amount } deliveryDate } }`;
  expect(await world.ask(staff, query, { orderId: order.id })).toMatchObject([
    { service: 'standard', price: { amount: '5.40' } },
    { service: 'express', price: { amount: '12.10' } },
  ]);
  expect(await world.refused(caller, query, { orderId: order.id })).toBe('FORBIDDEN');
  expect(await world.refused(staff, query, { orderId: newId() })).toBe('NOT_FOUND');
});

test('staff note what happens to a parcel without a label of ours', async () => {
  const { order } = await paid();
  const { shipment } = await mutate('shipOrder', {
    ...{ idempotencyKey: newId(), orderId: order.id, carrier: 'Bote', trackingNumber: '47' },
  });
  expect(shipment).toMatchObject({ status: 'IN_TRANSIT', trackingNumber: '47' });
  const note = (status: string): Promise<Answer> =>
    mutate('noteShipmentStatus', { shipmentId: shipment?.id, status, message: 'Niemand da.' });
  expect(await note('EXCEPTION')).toMatchObject({
    userErrors: [],
    shipment: { events: [{ status: 'IN_TRANSIT' }, { message: 'Niemand da.' }] },
  });
  expect(await note('LABEL_CREATED')).toMatchObject({ userErrors: [{ code: 'SHIPMENT_STATUS' }] });
  for (let time = 1; time <= 2; time += 1)
    expect(await note('DELIVERED')).toMatchObject({ userErrors: [], shipment: { status: 'DELIVERED' } });
  expect(await note('IN_TRANSIT')).toMatchObject({ userErrors: [{ code: 'SHIPMENT_STATUS' }] });
  expect(await told(order, 'OrderDelivered')).toBe(1);
  const guest = guestCaller();
  expect(
    await world.refused(
      guest,
      `mutation ($input: CancelShipmentInput!) { cancelShipment(input: $input) { userErrors { code } } }`,
      { input: { shipmentId: shipment?.id } },
    ),
  ).toBe('FORBIDDEN');
});
