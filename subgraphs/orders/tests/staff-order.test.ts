import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../shared/ids.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import { guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import {
  address,
  createWorld,
  fillCart,
  orderFields,
  payOrder,
  placeOrder,
  readOrder,
  setUpShop,
  type OrderAnswer,
  type World,
} from './world.js';

let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
});
afterAll(() => world.close());

const mutation = `mutation ($input: PlaceOrderForInput!) { placeOrderFor(input: $input) {
  order { ${orderFields} placedAt email placedBy { id } customer { id } } userErrors { __typename code message field } } }`;

type Answer = OrderAnswer & {
  order: { placedAt: string; placedBy: { id: string }; customer: { id: string } | null } | null;
};

const placeOrderFor = (
  caller: Caller,
  input: Record<string, unknown>,
  key: string = newId(),
): Promise<Answer> =>
  world.ask(caller, mutation, {
    input: {
      ...{ idempotencyKey: key, email: 'anna@example.com', currencyCode: 'EUR', shippingAddress: address },
      ...{ shippingMethodId: methodId, ...input },
    },
  });

const customer = (): string => {
  const id = newId();
  world.neighbours.customers.set(id, new Map());
  return id;
};

const lines = (quantity = 2): { variantId: string; quantity: number }[] => [
  { variantId: world.neighbours.variant(2000n).id, quantity },
];

/** Rows that an order writes. */
const written = async (): Promise<unknown> =>
  (
    await world.rows(`SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM outbox) AS events,
      (SELECT count(*) FROM inbox) AS timers`)
  )[0];

test('staff place an order for a customer, whose cart stays', async () => {
  const staff = staffCaller('support');
  const customerId = customer();
  const mine = await fillCart(world, methodId, lines(), userCaller(customerId));
  const ordered = lines(3);
  const { order, userErrors } = await placeOrderFor(staff, { customerId, lines: ordered });
  expect(userErrors).toEqual([]);
  expect(order).toMatchObject({
    ...{ status: 'PENDING', total: { amount: '64.90' }, email: 'anna@example.com' },
    ...{ customer: { id: customerId }, placedBy: { id: staff.claims?.['sub'] } },
    timeline: [{ kind: 'PLACED' }, { kind: 'PAID' }, { kind: 'SHIPPED' }, { kind: 'DELIVERED' }],
  });
  const id = order?.id ?? '';
  expect(world.neighbours.available(ordered[0]?.variantId ?? '')).toBe(97);
  expect(await world.eventsOf(id)).toEqual(['OrderCreated', 'OrderUpdated']);
  expect(
    await world.rows(`SELECT 1 FROM inbox WHERE type = 'OrderPaymentDue' AND aggregate_id = $1`, id),
  ).toHaveLength(1);
  const cart = await world.ask<{ version: number }>(mine.caller, '{ cart { version } }');
  expect(cart).toEqual({ version: mine.cart.version });
  expect(await readOrder(world, mine.caller, id)).toMatchObject({ id });
  expect(await world.refused(mine.caller, `{ order(id: "${id}") { placedBy { id } } }`)).toBe('FORBIDDEN');
});

test('an order without a customer is of a guest of its own, the same for a repeat', async () => {
  const staff = staffCaller('support');
  const key = newId();
  const input = { lines: lines() };
  const first = await placeOrderFor(staff, input, key);
  const again = await placeOrderFor(staff, input, key);
  expect(first.order).toMatchObject({ status: 'PENDING', customer: null, email: 'anna@example.com' });
  expect(again).toEqual(first);
  const other = await placeOrderFor(staff, { lines: lines() });
  const owners = await world.rows<{ customer_id: string; guest: boolean }>(
    'SELECT DISTINCT customer_id, guest FROM orders WHERE id = ANY($1)',
    [first.order?.id, other.order?.id],
  );
  expect(owners.map(({ guest }) => guest)).toEqual([true, true]);
  await expect(placeOrderFor(staff, { ...input, notifyCustomer: false }, key)).rejects.toThrow(
    'IDEMPOTENCY_KEY_REUSED',
  );
});

test.each([
  ['Customer', 'before'],
  ['VariantsForSale', 'before'],
  ['ReserveStock', 'before'],
  ['ReserveStock', 'after'],
] as const)('it goes on with the same key where %s died %s its work', async (operation, when) => {
  const staff = staffCaller('support');
  const [key, customerId, ordered] = [newId(), customer(), lines()];
  const before = await written();
  world.neighbours.failOnce(operation, when);
  await expect(placeOrderFor(staff, { customerId, lines: ordered }, key)).rejects.toThrow(
    'INTERNAL_SERVER_ERROR',
  );
  expect(await written()).toEqual(before);
  const { order } = await placeOrderFor(staff, { customerId, lines: ordered }, key);
  expect(await world.rows('SELECT id FROM orders WHERE customer_id = $1', customerId)).toEqual([
    { id: order?.id },
  ]);
  expect(world.neighbours.available(ordered[0]?.variantId ?? '')).toBe(98);
});

test('twins at once place one order', async () => {
  const staff = staffCaller('support');
  const [key, ordered] = [newId(), lines()];
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => placeOrderFor(staff, { lines: ordered, promotionCodes: [] }, key)),
  );
  expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], [], [], []]);
  expect(world.neighbours.available(ordered[0]?.variantId ?? '')).toBe(98);
  expect(await world.eventsOf(answers[0]?.order?.id ?? '')).toEqual(['OrderCreated', 'OrderUpdated']);
});

test('who is not staff is refused, and nothing is written', async () => {
  const before = await written();
  const [keys] = await world.rows('SELECT count(*) FROM idempotency_key');
  const input = {
    ...{ idempotencyKey: newId(), email: 'anna@example.com', currencyCode: 'EUR', lines: lines() },
    ...{ shippingAddress: address, shippingMethodId: methodId },
  };
  for (const caller of [guestCaller(), userCaller(), staffCaller('finance')])
    expect(await world.refused(caller, mutation, { input })).toBe('FORBIDDEN');
  expect(await written()).toEqual(before);
  expect(await world.rows('SELECT count(*) FROM idempotency_key')).toEqual([keys]);
});

test('an unknown customer is not found, also for a repeat; nothing is written or reserved', async () => {
  const staff = staffCaller('support');
  const [key, customerId, ordered] = [newId(), newId(), lines()];
  const before = await written();
  const first = await placeOrderFor(staff, { customerId, lines: ordered }, key);
  world.neighbours.customers.set(customerId, new Map());
  const again = await placeOrderFor(staff, { customerId, lines: ordered }, key);
  expect(first).toMatchObject({
    order: null,
    userErrors: [{ code: 'NOT_FOUND', field: ['customerId'] }],
  });
  expect(again).toEqual(first);
  expect(await written()).toEqual(before);
  expect(world.neighbours.available(ordered[0]?.variantId ?? '')).toBe(100);
  expect(await placeOrderFor(staff, { customerId: 'nobody', lines: ordered })).toMatchObject({
    userErrors: [{ code: 'NOT_FOUND', field: ['customerId'] }],
  });
});

test('what is short, not for sale or cannot be is refused', async () => {
  const staff = staffCaller('support');
  const before = await written();
  const codes = async (input: Record<string, unknown>): Promise<string[]> =>
    (await placeOrderFor(staff, { lines: lines(), ...input })).userErrors.map(({ code }) => code);
  expect(await codes({ lines: lines(101) })).toEqual(['INSUFFICIENT_STOCK']);
  expect(await codes({ lines: [{ variantId: 'none', quantity: 1 }] })).toEqual(['VARIANT_UNAVAILABLE']);
  expect(await codes({ shippingMethodId: newId() })).toEqual(['SHIPPING_UNAVAILABLE']);
  expect(await codes({ shippingAddress: { ...address, country: 'AT' } })).toEqual(['NO_TAX_RATE']);
  expect(await codes({ promotionCodes: ['nothing'] })).toEqual(['PROMOTION_NOT_APPLICABLE']);
  expect(await codes({ promotionCodes: ['1', '2', '3', '4', '5', '6'] })).toEqual(['TOO_MANY_PROMOTIONS']);
  expect(await codes({ placedAt: new Date(world.parts.clock().getTime() + 60_000) })).toEqual([
    'INVALID_INPUT',
  ]);
  expect(await codes({ shippingAddress: { ...address, city: ' ' } })).toEqual(['INVALID_INPUT']);
  expect(await codes({ lines: [] })).toEqual(['INVALID_INPUT']);
  expect(await codes({ lines: lines(0) })).toEqual(['INVALID_INPUT']);
  const [line] = lines(60_000);
  expect(await codes({ lines: [line, line] })).toEqual(['INVALID_INPUT']);
  expect(await written()).toEqual(before);
});

test('staff place more than a customer may have open', async () => {
  const staff = staffCaller('support');
  const customerId = customer();
  for (let i = 0; i <= 10; i += 1)
    expect(await placeOrderFor(staff, { customerId, lines: lines() })).toMatchObject({ userErrors: [] });
  const mine = await fillCart(world, methodId, lines(), userCaller(customerId));
  expect(await placeOrder(world, mine.caller, mine.cart.version, newId())).toMatchObject({
    userErrors: [{ code: 'TOO_MANY_OPEN_ORDERS' }],
  });
});

test('a refusal is the key’s outcome, also when it would be otherwise later', async () => {
  const staff = staffCaller('support');
  const [key, before] = [newId(), await written()];
  const input = { lines: lines(), placedAt: new Date(world.parts.clock().getTime() + 60_000) };
  const first = await placeOrderFor(staff, input, key);
  world.parts.testClock.advance(120_000);
  expect(first).toMatchObject({ order: null, userErrors: [{ code: 'INVALID_INPUT', field: ['placedAt'] }] });
  expect(await placeOrderFor(staff, input, key)).toEqual(first);
  expect(await written()).toEqual(before);
  expect(await placeOrderFor(staff, input)).toMatchObject({ order: { status: 'PENDING' } });
});

test('what a deleted customer wrote leaves no hash under a key, the customer’s or staff’s; others keep theirs', async () => {
  const staff = staffCaller('support');
  const keys = async (): Promise<string[]> =>
    (
      await world.rows<{ operation: string; who: string }>(
        `SELECT operation, CASE owner WHEN $1 THEN 'staff' WHEN $2 THEN 'gone' WHEN $3 THEN 'stays' END AS who
         FROM idempotency_key WHERE owner = ANY($4) ORDER BY 1, 2`,
        ...[staff.claims?.['sub'], gone, stays, [staff.claims?.['sub'], gone, stays]],
      )
    ).map(({ operation, who }) => `${operation} of ${who}`);
  const [gone, stays] = [customer(), customer()];
  const wrong = { lines: lines(), placedAt: new Date(world.parts.clock().getTime() + 60_000) };
  for (const customerId of [gone, stays]) {
    await fillCart(world, methodId, lines(), userCaller(customerId));
    const { order } = await placeOrderFor(staff, { customerId, lines: lines() });
    expect(await placeOrderFor(staff, { customerId, ...wrong })).toMatchObject({ order: null });
    await world.ask(
      staff,
      'mutation ($input: AddOrderNoteInput!) { addOrderNote(input: $input) { order { id } } }',
      { input: { idempotencyKey: newId(), orderId: order?.id, text: 'Rings at Meyer’s' } },
    );
  }
  const ofStaff = ['addOrderNote of staff', 'placeOrderFor of staff', 'placeOrderFor of staff'];
  expect(await keys()).toEqual(['addToCart of gone', 'addToCart of stays', ...ofStaff, ...ofStaff].sort());
  for (let time = 1; time <= 2; time += 1) {
    await world.deliver('customers', 'UserDeleted', { userId: gone });
    expect(await keys()).toEqual(['addToCart of stays', ...ofStaff].sort());
  }
});

test('an order taken over has the time of then, and its time to be paid from now on', async () => {
  const placedAt = '2019-03-04T05:06:07.000Z';
  const { order } = await placeOrderFor(staffCaller('support'), { lines: lines(), placedAt });
  expect(order).toMatchObject({ placedAt, status: 'PENDING' });
  const due = new Date((order as unknown as { paymentDueAt: string }).paymentDueAt).getTime();
  expect(due).toBeGreaterThan(world.parts.clock().getTime());
  const [times] = await world.rows<{ fresh: boolean }>(
    `SELECT created_at > $2::timestamptz AS fresh FROM orders WHERE id = $1`,
    ...[order?.id, new Date(world.parts.clock().getTime() - 60_000)],
  );
  expect(times).toEqual({ fresh: true });
});

test('mails are sent where they are wanted, and not where they are not', async () => {
  const service = serviceCaller('users', 'test');
  const query = 'query ($id: ID!) { orderForMail(id: $id) { email } }';
  for (const [notifyCustomer, mail] of [
    [undefined, { email: 'anna@example.com' }],
    [true, { email: 'anna@example.com' }],
    [false, null],
  ]) {
    const { order } = await placeOrderFor(staffCaller('support'), { lines: lines(), notifyCustomer });
    expect(await world.ask(service, query, { id: order?.id })).toEqual(mail);
  }
});

test('a thousand lines and a hundred thousand pieces', async () => {
  const many = Array.from({ length: 1_000 }, () => {
    const { id } = world.neighbours.variant(3n, { stock: 100_000, weightGrams: 1 });
    return { variantId: id, quantity: 100_000 };
  });
  const { order, userErrors } = await placeOrderFor(staffCaller('support'), { lines: many });
  expect(userErrors).toEqual([]);
  expect(order?.items).toHaveLength(1_000);
  expect(order?.total).toEqual({ amount: '3000000.00' });
  expect(
    (await placeOrderFor(staffCaller('support'), { lines: [...many, ...lines()] })).userErrors,
  ).toMatchObject([{ code: 'INVALID_INPUT', field: ['lines'] }]);
});

test('staff pay an order by telephone, once per key, and the payment knows who did', async () => {
  const staff = staffCaller('support');
  const [customerId, key] = [customer(), newId()];
  const { order } = await placeOrderFor(staff, { customerId, lines: lines() });
  const id = order?.id ?? '';
  for (const caller of [userCaller(), guestCaller(), staffCaller('finance')])
    expect(await payOrder(world, caller, id, 'pm_card', newId())).toMatchObject({
      order: null,
      userErrors: [{ code: 'NOT_FOUND' }],
    });
  expect(world.neighbours.taken(id)).toBe(0n);
  const paid = await payOrder(world, staff, id, 'pm_card', key);
  expect(paid).toMatchObject({ order: { status: 'PAID' }, userErrors: [] });
  expect(await payOrder(world, staff, id, 'pm_card', key)).toMatchObject({ payment: paid.payment });
  const mine = world.neighbours.payments.filter((one) => one.orderId === id);
  expect(mine.map(({ initiatedBy }) => initiatedBy)).toEqual([staff.claims?.['sub']]);

  const own = await placeOrderFor(staff, { customerId, lines: lines() });
  const byCustomer = await payOrder(world, userCaller(customerId), own.order?.id ?? '', 'pm_card', newId());
  expect(byCustomer).toMatchObject({ order: { status: 'PAID' } });
  expect(world.neighbours.payments.at(-1)?.initiatedBy).toBeNull();
});

test('what staff placed and paid they cancel, in part and as a whole, and the money goes back', async () => {
  const staff = staffCaller('support');
  const { order } = await placeOrderFor(staff, { lines: lines(3) });
  const id = order?.id ?? '';
  await payOrder(world, staff, id, 'pm_card', newId());
  const cancelLines = `mutation ($input: CancelOrderLinesInput!) { cancelOrderLines(input: $input) {
    order { ${orderFields} } userErrors { code message } } }`;
  const fewer = await world.ask<OrderAnswer>(staff, cancelLines, {
    input: {
      ...{ idempotencyKey: newId(), orderId: id },
      lines: [{ itemId: order?.items[0]?.id, quantity: 1 }],
    },
  });
  expect(fewer).toMatchObject({ order: { status: 'PAID', refundedAmount: { amount: '20.00' } } });
  const cancel = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
    order { ${orderFields} } userErrors { code message } } }`;
  const input = { idempotencyKey: newId(), orderId: id };
  const first = await world.ask<OrderAnswer>(staff, cancel, { input });
  expect(first).toMatchObject({
    order: { status: 'REFUNDED', refundedAmount: { amount: '64.90' } },
    userErrors: [],
  });
  expect(await world.ask(staff, cancel, { input })).toMatchObject({ order: first.order });
  expect(world.neighbours.taken(id)).toBe(0n);
  const events = await world.eventsOf(id);
  expect(events.filter((type) => type === 'OrderCancelled')).toHaveLength(1);
});
