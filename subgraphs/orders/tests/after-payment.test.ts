import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  createWorld,
  fillCart,
  orderFields,
  payOrder,
  placedOrder,
  placeOrder,
  readOrder,
  setUpShop,
  type OrderAnswer,
  type OrderShape,
  type World,
} from './world.js';

let world: World;
let methodId: string;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const mutate = (caller: Caller, name: string, input: Record<string, unknown>): Promise<OrderAnswer> => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return world.ask(
    caller,
    `mutation ($input: ${type}!) { ${name}(input: $input) { order { ${orderFields} } userErrors { code message } } }`,
    { input },
  );
};

async function paidOrder(quantity = 2): Promise<{ caller: Caller; order: OrderShape; variantId: string }> {
  const placed = await placedOrder(world, methodId, { quantity });
  await payOrder(world, placed.caller, placed.order.id, 'pm_card', newId());
  return placed;
}

const itemOf = (order: OrderShape): string => order.items[0]?.id ?? '';
const count = async (order: OrderShape, type: string): Promise<number> =>
  (await world.eventsOf(order.id)).filter((one) => one === type).length;
const refundsOf = (order: OrderShape): bigint[] =>
  [...world.neighbours.refunds.values()].filter((one) => one.orderId === order.id).map((one) => one.amount);

test('a customer cancels an unpaid order: nothing is given back, the payment at the provider is ended', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  const { order: cancelled } = await mutate(caller, 'cancelOrder', {
    idempotencyKey: newId(),
    orderId: order.id,
  });
  expect(cancelled).toMatchObject({ status: 'CANCELLED', refunds: [], cancellable: false });
  expect(world.neighbours.payments.at(-1)?.status).toBe('CANCELLED');
  expect(await count(order, 'OrderCancelled')).toBe(1);
});

test('an order whose payment is being processed cannot be cancelled now', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  await payOrder(world, caller, order.id, 'pm_debit', newId());
  const before = await readOrder(world, caller, order.id);
  const { userErrors } = await mutate(caller, 'cancelOrder', { idempotencyKey: newId(), orderId: order.id });
  expect(userErrors).toMatchObject([{ code: 'PAYMENT_IN_PROGRESS' }]);
  expect(await readOrder(world, caller, order.id)).toEqual(before);
});

test('a customer cancels a paid order once, though asking twice and twice at once', async () => {
  const { caller, order } = await paidOrder();
  const input = { idempotencyKey: newId(), orderId: order.id, reason: 'Ich, Anna, will nicht mehr.' };
  const answers = await Promise.all([1, 2, 3].map(() => mutate(caller, 'cancelOrder', input)));
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], [], []]);
  expect((await mutate(caller, 'cancelOrder', input)).order).toMatchObject({
    status: 'REFUNDED',
    refundedAmount: { amount: '44.90' },
    items: [{ quantity: 2, cancelledQuantity: 2 }],
  });
  expect(refundsOf(order)).toEqual([4490n]);
  expect([await count(order, 'OrderCancelled'), await count(order, 'OrderRefunded')]).toEqual([1, 1]);
  const other = await mutate(caller, 'cancelOrder', { idempotencyKey: newId(), orderId: order.id });
  expect(other.userErrors).toMatchObject([{ code: 'ALREADY_CANCELLED' }]);
  // The customer's own words are sealed and in no event.
  const told = await world.rows<{ payload: object }>(
    'SELECT payload FROM outbox WHERE aggregate_id = $1',
    order.id,
  );
  expect(JSON.stringify(told)).not.toContain('Anna');
  expect(
    await world.ask(staff, `query ($id: ID!) { order(id: $id) { notes { text visibleToCustomer } } }`, {
      id: order.id,
    }),
  ).toEqual({
    notes: [{ text: 'Ich, Anna, will nicht mehr.', visibleToCustomer: false }],
  });
  expect(
    await world.ask(caller, `query ($id: ID!) { order(id: $id) { notes { text } } }`, { id: order.id }),
  ).toEqual({ notes: [] });
});

test.each(['before', 'after'] as const)(
  'a refund whose call died %s its work is sent by its timer, once',
  async (when) => {
    const { caller, order } = await paidOrder();
    world.neighbours.failOnce('RefundPayment', when);
    const { order: cancelled } = await mutate(caller, 'cancelOrder', {
      idempotencyKey: newId(),
      orderId: order.id,
    });
    expect(cancelled).toMatchObject({ status: 'CANCELLED', refunds: [{ status: 'REQUESTED' }] });
    world.parts.testClock.advance(20_000);
    await world.consume('timers');
    expect(refundsOf(order)).toEqual([4490n]);
    expect(await readOrder(world, caller, order.id)).toMatchObject({
      status: 'REFUNDED',
      refunds: [{ status: 'SUCCEEDED' }],
    });
  },
);

test('another customer’s order cannot be cancelled, and nothing changes', async () => {
  const { caller, order } = await paidOrder();
  const before = await readOrder(world, caller, order.id);
  for (const name of ['cancelOrder', 'cancelOrderLines']) {
    const lines = name === 'cancelOrderLines' ? { lines: [{ itemId: itemOf(order), quantity: 1 }] } : {};
    const { userErrors } = await mutate(guestCaller(), name, {
      idempotencyKey: newId(),
      orderId: order.id,
      ...lines,
    });
    expect(userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  }
  expect(await readOrder(world, caller, order.id)).toEqual(before);
});

test('cancelled lines are given back to the cent, and the last of them cancels the order', async () => {
  const variant = world.neighbours.variant(333n);
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: variant.id, quantity: 3 }]);
  const { order } = await placeOrder(world, caller, cart.version, newId());
  if (!order) throw new Error('no order');
  await payOrder(world, caller, order.id, 'pm_card', newId());
  const one = { orderId: order.id, lines: [{ itemId: itemOf(order), quantity: 1 }] };
  const key = newId();
  const [first] = await Promise.all(
    [1, 2].map(() => mutate(caller, 'cancelOrderLines', { idempotencyKey: key, ...one })),
  );
  expect(first?.userErrors).toEqual([]);
  const after = await readOrder(world, caller, order.id);
  expect(after).toMatchObject({
    status: 'PAID',
    paymentState: 'PARTIALLY_REFUNDED',
    items: [{ cancelledQuantity: 1 }],
  });
  expect(refundsOf(order)).toEqual([333n]);
  const tooMany = { orderId: order.id, lines: [{ itemId: itemOf(order), quantity: 3 }] };
  expect(
    (await mutate(caller, 'cancelOrderLines', { idempotencyKey: newId(), ...tooMany })).userErrors,
  ).toMatchObject([{ code: 'LINES_NOT_OPEN' }]);
  const rest = { orderId: order.id, lines: [{ itemId: itemOf(order), quantity: 2 }] };
  expect((await mutate(caller, 'cancelOrderLines', { idempotencyKey: newId(), ...rest })).order?.status).toBe(
    'REFUNDED',
  );
  expect(world.neighbours.taken(order.id)).toBe(0n);
});

test('one of two pieces is cancelled once, though what is left is as much as was asked for', async () => {
  for (const paid of [true, false]) {
    const { caller, order } = paid ? await paidOrder() : await placedOrder(world, methodId);
    const lines = [{ itemId: itemOf(order), quantity: 1 }];
    const input = { idempotencyKey: newId(), orderId: order.id, lines };
    const cancel = (): Promise<OrderAnswer> => mutate(caller, 'cancelOrderLines', input);
    const answers = [...(await Promise.all([cancel(), cancel(), cancel()])), await cancel()];
    for (const answer of answers)
      expect(answer).toMatchObject({
        order: { status: paid ? 'PAID' : 'PENDING', items: [{ quantity: 2, cancelledQuantity: 1 }] },
        userErrors: [],
      });
    expect(refundsOf(order)).toEqual(paid ? [2000n] : []);
    expect([await count(order, 'OrderLinesCancelled'), await count(order, 'OrderCancelled')]).toEqual([1, 0]);
    const rest = await mutate(caller, 'cancelOrderLines', { ...input, idempotencyKey: newId() });
    expect(rest.order).toMatchObject({ orderState: 'CANCELLED', items: [{ cancelledQuantity: 2 }] });
    expect((await cancel()).userErrors).toEqual([]);
  }
});

test('lines of an unpaid order that are cancelled are not asked for, and a payment of the old amount is given back in part', async () => {
  const { caller, order } = await placedOrder(world, methodId, { quantity: 3 });
  await payOrder(world, caller, order.id, 'pm_3ds', newId());
  const lines = [{ itemId: itemOf(order), quantity: 1 }];
  const { order: less } = await mutate(caller, 'cancelOrderLines', {
    idempotencyKey: newId(),
    orderId: order.id,
    lines,
  });
  expect(less).toMatchObject({ amountDue: { amount: '44.90' }, total: { amount: '64.90' }, refunds: [] });
  const payment = world.neighbours.payments.at(-1);
  if (payment) payment.status = 'SUCCEEDED';
  await world.deliver('payments', 'PaymentProcessed', {
    ...{ paymentId: payment?.id ?? '', orderId: order.id, amount: '6490', currencyCode: 'EUR' },
  });
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    status: 'PAID',
    refunds: [{ amount: { amount: '20.00' }, reason: 'OVERPAID' }],
  });
  const [paid] = await world.rows<{ payload: unknown }>(
    `SELECT payload FROM outbox WHERE aggregate_id = $1 AND type = 'OrderPaid'`,
    order.id,
  );
  expect(paid?.payload).toMatchObject({ amount: '4490', lines: [{ quantity: 2 }] });
});

test('staff pack, ship in two parcels and deliver; the customer cannot cancel then', async () => {
  const { caller, order } = await paidOrder(3);
  const ship = (more: Record<string, unknown>) => ({
    orderId: order.id,
    trackingNumber: '00340434',
    ...more,
  });
  expect((await mutate(staff, 'startFulfilment', { orderId: order.id })).order?.status).toBe('PROCESSING');
  const lines = [{ itemId: itemOf(order), quantity: 1 }];
  const key = newId();
  const twins = await Promise.all(
    [1, 2].map(() => mutate(staff, 'shipOrder', ship({ idempotencyKey: key, lines }))),
  );
  expect(twins.map((one) => one.order?.items[0]?.shippedQuantity)).toEqual([1, 1]);
  expect(twins[0]?.order).toMatchObject({ status: 'PROCESSING', fulfilmentState: 'PARTIALLY_SHIPPED' });
  const tooMany = [{ itemId: itemOf(order), quantity: 3 }];
  expect(
    (await mutate(staff, 'shipOrder', ship({ idempotencyKey: newId(), lines: tooMany }))).userErrors,
  ).toMatchObject([{ code: 'INVALID_INPUT' }]);
  expect(
    (await mutate(caller, 'cancelOrder', { idempotencyKey: newId(), orderId: order.id })).userErrors,
  ).toMatchObject([{ code: 'NOT_CANCELLABLE' }]);
  expect((await mutate(staff, 'shipOrder', ship({ idempotencyKey: newId() }))).order?.status).toBe('SHIPPED');
  const { shipments } = (await readOrder(world, caller, order.id)) as OrderShape & {
    shipments: { id: string }[];
  };
  const [first, second] = shipments;
  expect((await mutate(staff, 'deliverShipment', { shipmentId: first?.id })).order?.status).toBe('SHIPPED');
  await mutate(staff, 'deliverShipment', { shipmentId: second?.id });
  expect((await mutate(staff, 'deliverShipment', { shipmentId: second?.id })).order).toMatchObject({
    status: 'DELIVERED',
    orderState: 'COMPLETED',
  });
  expect([await count(order, 'OrderShipped'), await count(order, 'OrderDelivered')]).toEqual([2, 2]);
});

test('what is not paid is not shipped, and a customer ships nothing', async () => {
  const { caller, order } = await placedOrder(world, methodId);
  const input = { idempotencyKey: newId(), orderId: order.id };
  expect((await mutate(staff, 'shipOrder', input)).userErrors).toMatchObject([{ code: 'NOT_SHIPPABLE' }]);
  const query = 'mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { order { id } } }';
  expect(await world.refused(caller, query, { input })).toBe('FORBIDDEN');
  expect(await readOrder(world, caller, order.id)).toMatchObject({ status: 'PENDING', version: 1 });
});

test('staff give back part, never more than was paid, once per key', async () => {
  const { order } = await paidOrder();
  const key = newId();
  const input = { idempotencyKey: key, orderId: order.id, amount: '40.00' };
  const twins = await Promise.all([1, 2].map(() => mutate(staff, 'refundOrder', input)));
  expect(twins.map((one) => one.order?.refundedAmount.amount)).toEqual(['40.00', '40.00']);
  const more = await mutate(staff, 'refundOrder', { ...input, idempotencyKey: newId(), amount: '5.00' });
  expect(more.userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
  const rest = await Promise.all(
    [1, 2].map(() => mutate(staff, 'refundOrder', { ...input, idempotencyKey: newId(), amount: '4.90' })),
  );
  expect(rest.map((one) => one.userErrors.length).sort()).toEqual([0, 1]);
  expect(refundsOf(order)).toEqual([4000n, 490n]);
  expect(world.neighbours.taken(order.id)).toBe(0n);
});

test('a refund that payments tells of as well counts once, and one made at the provider counts too', async () => {
  const { caller, order } = await paidOrder();
  const input = { idempotencyKey: newId(), orderId: order.id, amount: '5.00' };
  await mutate(staff, 'refundOrder', input);
  const [refundId = ''] =
    [...world.neighbours.refunds.entries()].find(([, one]) => one.orderId === order.id) ?? [];
  const paymentId = world.neighbours.payments.at(-1)?.id ?? '';
  const told = { paymentId, orderId: order.id, amount: '500', currencyCode: 'EUR' };
  for (const id of [refundId, refundId])
    await world.deliver('payments', 'PaymentRefunded', { ...told, refundId: id });
  expect(await readOrder(world, caller, order.id)).toMatchObject({ refundedAmount: { amount: '5.00' } });
  const elsewhere = newId();
  for (const id of [elsewhere, elsewhere])
    await world.deliver('payments', 'PaymentRefunded', { ...told, refundId: id });
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    paymentState: 'PARTIALLY_REFUNDED',
    refundedAmount: { amount: '10.00' },
    refunds: [{ reason: 'STAFF' }, { reason: 'PROVIDER' }],
  });
  expect(await count(order, 'OrderRefunded')).toBe(2);
});

test('a note is written once per key, and the customer sees only what is meant for them', async () => {
  const { caller, order } = await paidOrder();
  const note = (text: string, visibleToCustomer: boolean) => ({
    idempotencyKey: text,
    orderId: order.id,
    text,
    visibleToCustomer,
  });
  await Promise.all([1, 2].map(() => mutate(staff, 'addOrderNote', note('Comes later.', true))));
  await mutate(staff, 'addOrderNote', note('Difficult customer.', false));
  expect((await mutate(staff, 'addOrderNote', note(' ', false))).userErrors).toMatchObject([
    { code: 'INVALID_INPUT' },
  ]);
  const query = 'query ($id: ID!) { order(id: $id) { notes { text } } }';
  expect(await world.ask(caller, query, { id: order.id })).toEqual({ notes: [{ text: 'Comes later.' }] });
  expect(await world.ask(staff, query, { id: order.id })).toEqual({
    notes: [{ text: 'Comes later.' }, { text: 'Difficult customer.' }],
  });
  const [row] = await world.rows<{ text: Buffer }>(
    'SELECT text FROM order_note WHERE order_id = $1 LIMIT 1',
    order.id,
  );
  expect(row?.text.toString('latin1')).not.toContain('later');
});
