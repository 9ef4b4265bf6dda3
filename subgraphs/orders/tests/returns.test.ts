import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import {
  createWorld,
  fillCart,
  orderFields,
  payOrder,
  placeOrder,
  setUpShop,
  type OrderShape,
  type UserErrorShape,
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

interface ReturnShape {
  id: string;
  status: string;
  refundedAmount: { amount: string };
}
interface Answer {
  return: ReturnShape | null;
  userErrors: UserErrorShape[];
}
interface Shipped {
  caller: Caller;
  order: OrderShape & { returns: ReturnShape[] };
  /** The item's id. */
  item: string;
  variantId: string;
}

const returnFields = `id status reason requestedAt decidedAt receivedAt refundedAmount { amount }
  order { id fulfilmentState } lines { quantity item { id } }`;

const mutate = (caller: Caller, name: string, input: Record<string, unknown>): Promise<Answer> =>
  world.ask(
    caller,
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
      ${name}(input: $input) { return { ${returnFields} } userErrors { code message field } } }`,
    { input },
  );

const read = (caller: Caller, id: string): Promise<Shipped['order']> =>
  world.ask(caller, `query ($id: ID!) { order(id: $id) { ${orderFields} returns { ${returnFields} } } }`, {
    id,
  });

/** Three pieces at 3.33, paid; `shipped` of them have left. */
async function shippedOrder(shipped = 3): Promise<Shipped> {
  const variant = world.neighbours.variant(333n);
  const { caller, cart } = await fillCart(world, methodId, [{ variantId: variant.id, quantity: 3 }]);
  const { order } = await placeOrder(world, caller, cart.version, newId());
  const orderId = order?.id ?? '';
  const item = order?.items[0]?.id ?? '';
  await payOrder(world, caller, orderId, 'pm_card', newId());
  if (shipped > 0)
    await world.ask(
      staff,
      `mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { userErrors { code } } }`,
      { input: { idempotencyKey: newId(), orderId, lines: [{ itemId: item, quantity: shipped }] } },
    );
  return { caller, order: await read(caller, orderId), item, variantId: variant.id };
}

const request = (one: Shipped, quantity: number, more: Record<string, unknown> = {}): Promise<Answer> =>
  mutate(one.caller, 'requestReturn', {
    ...{ idempotencyKey: newId(), orderId: one.order.id, reason: 'DEFECTIVE' },
    lines: [{ itemId: one.item, quantity }],
    ...more,
  });
/** Asked for and approved; its id. */
async function approved(one: Shipped, quantity: number): Promise<string> {
  const answer = await request(one, quantity);
  const returnId = answer.return?.id ?? '';
  await mutate(staff, 'approveReturn', { returnId });
  return returnId;
}
const receive = (returnId: string, idempotencyKey = newId(), restock = true): Promise<Answer> =>
  mutate(staff, 'receiveReturn', { idempotencyKey, returnId, restock });

const refundsOf = (orderId: string): bigint[] =>
  [...world.neighbours.refunds.values()].filter((one) => one.orderId === orderId).map((one) => one.amount);
const told = (orderId: string): Promise<{ payload: Record<string, unknown> }[]> =>
  world.rows(`SELECT payload FROM outbox WHERE aggregate_id = $1 AND type = 'ReturnReceived'`, orderId);
const notesOf = (caller: Caller, id: string): Promise<{ notes: { text: string }[] }> =>
  world.ask(caller, `query ($id: ID!) { order(id: $id) { notes { text } } }`, { id });

test('a customer sends two of three pieces back: asked, approved, received and refunded', async () => {
  const one = await shippedOrder();
  const { id } = one.order;
  const comment = 'Anna sagt: der Deckel fehlt.';
  const asked = await request(one, 2, { comment });
  expect(asked).toMatchObject({
    return: {
      ...{ status: 'REQUESTED', reason: 'DEFECTIVE', decidedAt: null, receivedAt: null },
      ...{ order: { id, fulfilmentState: 'SHIPPED' }, refundedAmount: { amount: '0.00' } },
      lines: [{ quantity: 2, item: { id: one.item } }],
    },
    userErrors: [],
  });
  const returnId = asked.return?.id ?? '';
  // The customer's own words are for staff.
  expect(await notesOf(one.caller, id)).toEqual({ notes: [] });
  expect(await notesOf(staff, id)).toEqual({ notes: [{ text: comment }] });

  expect(await mutate(staff, 'approveReturn', { returnId })).toMatchObject({
    return: { status: 'APPROVED', decidedAt: expect.any(String), receivedAt: null },
    userErrors: [],
  });
  expect(await receive(returnId)).toMatchObject({
    return: { status: 'RECEIVED', receivedAt: expect.any(String), refundedAmount: { amount: '6.66' } },
    userErrors: [],
  });
  expect(await read(one.caller, id)).toMatchObject({
    ...{ status: 'DELIVERED', fulfilmentState: 'PARTIALLY_RETURNED', paymentState: 'PARTIALLY_REFUNDED' },
    refundedAmount: { amount: '6.66' },
    refunds: [{ amount: { amount: '6.66' }, reason: 'RETURNED', status: 'SUCCEEDED' }],
    returns: [{ id: returnId, status: 'RECEIVED', order: { fulfilmentState: 'PARTIALLY_RETURNED' } }],
    timeline: [
      ...[{ kind: 'PLACED' }, { kind: 'PAID' }, { kind: 'SHIPPED' }, { kind: 'RETURN_REQUESTED' }],
      ...[{ kind: 'RETURN_APPROVED' }, { kind: 'RETURN_RECEIVED' }, { kind: 'REFUNDED' }],
      { kind: 'DELIVERED', state: 'CURRENT' },
    ],
  });
  expect(refundsOf(id)).toEqual([666n]);
  const lines = [{ variantId: one.variantId, quantity: 2 }];
  expect(await told(id)).toMatchObject([{ payload: { returnId, restock: true, lines } }]);

  // The last piece: all is back, the shipping stays paid.
  await receive(await approved(one, 1), newId(), false);
  expect(await read(one.caller, id)).toMatchObject({
    ...{ status: 'RETURNED', fulfilmentState: 'RETURNED', orderState: 'COMPLETED' },
    ...{ paymentState: 'PARTIALLY_REFUNDED', refundedAmount: { amount: '9.99' } },
  });
  expect((await told(id)).map(({ payload }) => payload['restock'])).toEqual([true, false]);
});

test('two requests for the last piece at once: one is made', async () => {
  const one = await shippedOrder(1);
  const answers = await Promise.all([request(one, 1), request(one, 1)]);
  expect(answers.map(({ userErrors }) => userErrors.map(({ code }) => code)).sort()).toEqual([
    [],
    ['NOT_RETURNABLE'],
  ]);
  expect((await read(one.caller, one.order.id)).returns).toHaveLength(1);
});

test('the same request three times, twice at once, is one return', async () => {
  const one = await shippedOrder();
  const idempotencyKey = newId();
  const answers = await Promise.all([1, 2].map(() => request(one, 1, { idempotencyKey, comment: 'Defekt' })));
  answers.push(await request(one, 1, { idempotencyKey, comment: 'Defekt' }));
  expect(new Set(answers.map((answer) => answer.return?.id)).size).toBe(1);
  expect((await read(one.caller, one.order.id)).returns).toMatchObject([{ id: answers[0]?.return?.id }]);
  expect((await notesOf(staff, one.order.id)).notes).toHaveLength(1);
});

test('a return that is received twice, at once and again, is refunded and told once', async () => {
  const one = await shippedOrder();
  const returnId = await approved(one, 2);
  const key = newId();
  const answers = await Promise.all([receive(returnId, key), receive(returnId, key), receive(returnId)]);
  const refusals = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
  // Whoever came first: the pair with one key, or the other.
  expect(['RETURN_NOT_OPEN', 'RETURN_NOT_OPEN,RETURN_NOT_OPEN']).toContain(refusals.join());
  const again = await receive(returnId);
  expect(again.userErrors).toMatchObject([{ code: 'RETURN_NOT_OPEN' }]);
  expect(refundsOf(one.order.id)).toEqual([666n]);
  expect(await told(one.order.id)).toHaveLength(1);
  expect(await read(one.caller, one.order.id)).toMatchObject({ refundedAmount: { amount: '6.66' } });
});

test.each(['before', 'after'] as const)(
  'the refund of a return whose call died %s its work is sent by its timer, once',
  async (when) => {
    const one = await shippedOrder();
    const returnId = await approved(one, 3);
    world.neighbours.failOnce('RefundPayment', when);
    const key = newId();
    expect(await receive(returnId, key)).toMatchObject({
      return: { status: 'RECEIVED', refundedAmount: { amount: '0.00' } },
    });
    world.parts.testClock.advance(20_000);
    await world.consume('timers');
    expect(refundsOf(one.order.id)).toEqual([999n]);
    expect(await receive(returnId, key)).toMatchObject({
      return: { status: 'RECEIVED', refundedAmount: { amount: '9.99' } },
      userErrors: [],
    });
    expect(await told(one.order.id)).toHaveLength(1);
  },
);

test('the news of a return’s refund, twice, changes nothing that is known', async () => {
  const one = await shippedOrder();
  await receive(await approved(one, 1));
  const before = await read(one.caller, one.order.id);
  const [refundId] =
    [...world.neighbours.refunds].find(([, refund]) => refund.orderId === one.order.id) ?? [];
  const payload = { paymentId: newId(), orderId: one.order.id, refundId: refundId ?? '', amount: '333' };
  for (let times = 0; times < 2; times += 1)
    await world.deliver('payments', 'PaymentRefunded', { ...payload, currencyCode: 'EUR' });
  expect(await read(one.caller, one.order.id)).toEqual(before);
});

test('a rejected return tells the customer why, and its pieces can be asked for again', async () => {
  const one = await shippedOrder();
  const { return: asked } = await request(one, 3);
  const input = { returnId: asked?.id, reason: 'Nach drei Jahren nicht mehr.' };
  const rejected = await mutate(staff, 'rejectReturn', input);
  expect(rejected).toMatchObject({ return: { status: 'REJECTED', receivedAt: null }, userErrors: [] });
  // A second time changes nothing.
  expect(await mutate(staff, 'rejectReturn', input)).toEqual(rejected);
  expect(await notesOf(one.caller, one.order.id)).toEqual({ notes: [{ text: input.reason }] });
  expect((await mutate(staff, 'approveReturn', { returnId: asked?.id })).userErrors).toMatchObject([
    { code: 'RETURN_NOT_OPEN' },
  ]);
  expect((await request(one, 3)).userErrors).toEqual([]);
  expect((await read(one.caller, one.order.id)).returns.map(({ status }) => status)).toEqual([
    'REJECTED',
    'REQUESTED',
  ]);
});

test('approving twice changes nothing more', async () => {
  const one = await shippedOrder();
  const returnId = await approved(one, 1);
  const before = await read(one.caller, one.order.id);
  expect((await mutate(staff, 'approveReturn', { returnId })).userErrors).toEqual([]);
  expect(await read(one.caller, one.order.id)).toEqual(before);
});

test('what has not been shipped, or is no article of the order, cannot be sent back', async () => {
  const one = await shippedOrder(1);
  const before = await read(one.caller, one.order.id);
  const key = newId();
  const codes = async (quantity: number, more = {}): Promise<string[]> =>
    (await request(one, quantity, more)).userErrors.map(({ code }) => code);
  expect(await codes(2, { idempotencyKey: key })).toEqual(['NOT_RETURNABLE']);
  expect(await codes(4)).toEqual(['INVALID_INPUT']);
  expect(await codes(0)).toEqual(['INVALID_INPUT']);
  expect(await codes(1, { lines: [] })).toEqual(['INVALID_INPUT']);
  expect(await codes(1, { lines: [{ itemId: newId(), quantity: 1 }] })).toEqual(['INVALID_INPUT']);
  expect(await codes(1, { comment: 'x'.repeat(2_001) })).toEqual(['INVALID_INPUT']);
  expect(await read(one.caller, one.order.id)).toEqual(before);
  // Shipped meanwhile: the refusal stands under its key, a new key is a new intent.
  const rest = { idempotencyKey: newId(), orderId: one.order.id };
  await world.ask(
    staff,
    `mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { userErrors { code } } }`,
    { input: rest },
  );
  expect(await codes(2, { idempotencyKey: key })).toEqual(['NOT_RETURNABLE']);
  expect(await codes(2)).toEqual([]);
});

test('a return that was not approved cannot be received, and nothing changes', async () => {
  const one = await shippedOrder();
  const { return: asked } = await request(one, 1);
  const before = await read(one.caller, one.order.id);
  const key = newId();
  const refused = await receive(asked?.id ?? '', key);
  expect(refused).toMatchObject({ return: null, userErrors: [{ code: 'RETURN_NOT_OPEN' }] });
  expect((await receive(newId())).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await mutate(staff, 'approveReturn', { returnId: newId() })).userErrors).toMatchObject([
    { code: 'NOT_FOUND' },
  ]);
  for (const reason of [' ', 'x'.repeat(2_001)])
    expect((await mutate(staff, 'rejectReturn', { returnId: asked?.id, reason })).userErrors).toMatchObject([
      { code: 'INVALID_INPUT' },
    ]);
  expect(await read(one.caller, one.order.id)).toEqual(before);
  expect([refundsOf(one.order.id), await told(one.order.id)]).toEqual([[], []]);
  // Under its key the refusal stands.
  await mutate(staff, 'approveReturn', { returnId: asked?.id });
  expect(await receive(asked?.id ?? '', key)).toEqual(refused);
});

test('another customer finds no such order; staff ask for a customer; customers decide nothing', async () => {
  const one = await shippedOrder();
  const before = await read(one.caller, one.order.id);
  const stranger = { ...one, caller: guestCaller() };
  expect((await request(stranger, 1)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await read(one.caller, one.order.id)).toEqual(before);

  const { return: asked } = await request({ ...one, caller: staff }, 1);
  const returnId = asked?.id ?? '';
  expect((await read(one.caller, one.order.id)).returns).toMatchObject([
    { id: returnId, status: 'REQUESTED' },
  ]);
  const inputs = {
    approveReturn: { returnId },
    rejectReturn: { returnId, reason: 'x' },
    receiveReturn: { returnId, restock: true, idempotencyKey: newId() },
  };
  for (const [name, input] of Object.entries(inputs)) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code } } }`;
    expect(await world.refused(one.caller, query, { input })).toBe('FORBIDDEN');
  }
  expect((await read(one.caller, one.order.id)).returns).toMatchObject([{ status: 'REQUESTED' }]);
});

test('a return is told to those who watch the order', async () => {
  const one = await shippedOrder();
  await request(one, 1);
  expect((await world.eventsOf(one.order.id)).slice(-2)).toEqual(['ReturnRequested', 'OrderUpdated']);
});
