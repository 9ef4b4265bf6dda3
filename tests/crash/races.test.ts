/** What happens when two want the same at once, in the whole shop: exact outcomes, and nothing that stays stuck. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '../testkit/client.js';
import { createGoods, fillCart, mutate, signInGuest } from '../testkit/goods.js';
import { askAtRest } from '../testkit/ledger.js';
import {
  attempt,
  cancel,
  countsOf,
  pay,
  place,
  placedOrder,
  standingOf,
  startRaceShop,
  stockOf,
  times,
  violationsOf,
  type RaceShop,
  type WithOrder,
} from '../testkit/race-shop.js';
import { eventually, pause } from '../testkit/eventually.js';

let shop: RaceShop;
let staff: Client;
beforeAll(async () => {
  shop = await startRaceShop();
  staff = shop.staff;
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

const order = 'order { id status items { id quantity } }';
/** Nothing is under way any more, and all holds. */
const atRest = (): Promise<unknown[]> => askAtRest(shop.ledger, shop.parts.clock);

/** A new guest's placed order of so many pieces of each variant. */
const placed = (variantIds: readonly string[], quantity = 1): ReturnType<typeof placedOrder> =>
  placedOrder(shop, Object.fromEntries(variantIds.map((id) => [id, quantity])));

test('ten who place one cart with one key get one order', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 10 });
  const guest = await signInGuest(shop);
  const { version } = await fillCart(guest, [{ variantId: variantIds[0] ?? '', quantity: 1 }]);
  const key = randomUUID();
  const answers = await times(10, () => place(guest, version, key));
  expect(countsOf(answers)).toEqual({ DONE: 10 });
  expect(new Set(answers.map(({ given }) => given?.order?.id)).size).toBe(1);
  expect(await stockOf(shop, variantIds[0] ?? '')).toEqual({ on_hand: 10, reserved: 1 });
});

test('ten who place one cart with ten keys get one order, and nine refusals that hold no stock', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 10 });
  const guest = await signInGuest(shop);
  const { version } = await fillCart(guest, [{ variantId: variantIds[0] ?? '', quantity: 1 }]);
  const answers = await times(10, () => place(guest, version));
  expect(answers.filter(({ code }) => code === null)).toHaveLength(1);
  expect(answers.flatMap(({ given }) => given?.order?.id ?? [])).toHaveLength(1);
  for (const { code } of answers)
    expect([null, 'CART_CHANGED', 'CART_EMPTY', 'VERSION_CONFLICT']).toContain(code);
  expect(await stockOf(shop, variantIds[0] ?? '')).toEqual({ on_hand: 10, reserved: 1 });
});

test('paid and cancelled at once, an order is cancelled and keeps no money', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 20 });
  const orders = await times(12, () => placed(variantIds));
  const answers = await Promise.all(
    orders.map(async ({ guest, id }, i) => {
      const paying = pay(guest, id);
      // From at once to about when a payment is through.
      await pause(i * 10);
      const cancelling = cancel(guest, id);
      return { id, paid: await paying, cancelled: await cancelling };
    }),
  );
  expect(await atRest()).toEqual([]);
  // Who asked to cancel waits for a payment that is under way, and is in the end told of a cancelled order, whoever was first.
  for (const { id, paid, cancelled } of answers) {
    expect(cancelled.code).toBeNull();
    expect(['CANCELLED', 'REFUNDED']).toContain(cancelled.given?.order?.status);
    expect([null, 'ORDER_CANCELLED', 'PAYMENT_CANCELLED']).toContain(paid.code);
    const row = await standingOf(shop, id);
    expect(row).toMatchObject({
      order_state: 'CANCELLED',
      refunded: row.paid,
      payments: row.paid > 0 ? 1 : 0,
    });
    // Told that it is paid, it was: the money goes back.
    if (paid.given?.order?.status === 'PAID') expect(row.paid).toBe(1490);
  }
  expect(await atRest()).toEqual([]);
  expect(await stockOf(shop, variantIds[0] ?? '')).toEqual({ on_hand: 20, reserved: 0 });
});

test('lines that are cancelled twice at once are given back once per key', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00', '20.00'], stock: 10 });
  const { guest, id, itemIds } = await placed(variantIds, 3);
  await pay(guest, id);
  const { rows } = await shop.ledger.query<{ id: string }>(
    'SELECT id FROM orders.order_item WHERE order_id = $1 AND unit_amount = 1000',
    [id],
  );
  const itemId = rows[0]?.id ?? '';
  expect(itemIds).toContain(itemId);
  const cancelLines = (quantity: number, idempotencyKey: string = randomUUID()) =>
    attempt<WithOrder>(
      guest,
      'cancelOrderLines',
      { idempotencyKey, orderId: id, lines: [{ itemId, quantity }] },
      order,
    );
  const key = randomUUID();
  const twins = await times(5, () => cancelLines(1, key));
  expect(countsOf(twins)).toEqual({ DONE: 5 });
  // Two of three are left: of three who cancel two each, one can.
  const rivals = await times(3, () => cancelLines(2));
  expect(countsOf(rivals)).toEqual({ DONE: 1, LINES_NOT_OPEN: 2 });
  expect(await atRest()).toEqual([]);
  expect(await standingOf(shop, id)).toEqual({
    order_state: 'CONFIRMED',
    payment_state: 'PARTIALLY_REFUNDED',
    paid: 9490,
    refunded: 3000,
    payments: 1,
  });
  expect(await stockOf(shop, variantIds[0] ?? '')).toEqual({ on_hand: 10, reserved: 0 });
  expect(await stockOf(shop, variantIds[1] ?? '')).toEqual({ on_hand: 7, reserved: 0 });
});

test('refunds of one key are one refund, and refunds of many keys are never more than was paid', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 10 });
  const { guest, id } = await placed(variantIds, 2);
  await pay(guest, id);
  const refund = (amount: string, idempotencyKey: string = randomUUID()) =>
    attempt<{ refund: { id: string } | null }>(
      staff,
      'refundOrder',
      { idempotencyKey, orderId: id, amount },
      'order { id }',
    );
  const key = randomUUID();
  const twins = await times(5, () => refund('4.90', key));
  expect(countsOf(twins)).toEqual({ DONE: 5 });
  // 20.00 are left: of six who give back 8.00 each, two can.
  const rivals = await times(6, () => refund('8.00'));
  expect(countsOf(rivals)).toEqual({ DONE: 2, INVALID_INPUT: 4 });
  expect(await atRest()).toEqual([]);
  expect(await standingOf(shop, id)).toMatchObject({
    paid: 2490,
    refunded: 2090,
    payment_state: 'PARTIALLY_REFUNDED',
  });
});

test('fifty guests with a promotion that is for five get it five times', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 50 });
  const code = `FIVE${randomUUID().slice(0, 8).toUpperCase()}`;
  await mutate(
    staff,
    'createPromotion',
    { idempotencyKey: randomUUID(), code, name: 'For five', kind: 'FIXED', amount: '5.00', limitTotal: 5 },
    '',
  );
  const carts = await times(50, async () => {
    const guest = await signInGuest(shop);
    await fillCart(guest, [{ variantId: variantIds[0] ?? '', quantity: 1 }]);
    const { cart } = await mutate<{ cart: { version: number } }>(
      guest,
      'applyPromotionCode',
      { code },
      'cart { version }',
    );
    return { guest, version: cart.version };
  });
  const answers = await Promise.all(carts.map(({ guest, version }) => place(guest, version)));
  expect(countsOf(answers)).toEqual({ DONE: 5, PROMOTION_NOT_APPLICABLE: 45 });
  const { rows } = await shop.ledger.query('SELECT redeemed_count FROM orders.promotion WHERE code = $1', [
    code,
  ]);
  expect(rows).toEqual([{ redeemed_count: 5 }]);
  expect(await stockOf(shop, variantIds[0] ?? '')).toEqual({ on_hand: 50, reserved: 5 });
});

test('a price that changes between cart and order is refused once, shown, and then accepted', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 10 });
  const [variantId = ''] = variantIds;
  const guest = await signInGuest(shop);
  const { version } = await fillCart(guest, [{ variantId, quantity: 1 }]);
  await mutate(
    staff,
    'setVariantPrices',
    { prices: [{ variantId, currencyCode: 'EUR', regular: '12.00' }] },
    '',
  );
  const { placeOrder } = await guest.data<{ placeOrder: { order: null; userErrors: unknown[] } }>(
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code
      ... on PriceChangedError { variant { id } previousPrice { amount } currentPrice { amount } } } } }`,
    { input: { idempotencyKey: randomUUID(), expectedVersion: version } },
  );
  expect(placeOrder).toEqual({
    order: null,
    userErrors: [
      {
        code: 'PRICE_CHANGED',
        variant: { id: variantId },
        previousPrice: { amount: '10.00' },
        currentPrice: { amount: '12.00' },
      },
    ],
  });
  expect(await stockOf(shop, variantId)).toEqual({ on_hand: 10, reserved: 0 });
  const { cart } = await guest.data<{ cart: { version: number; totals: { total: { amount: string } } } }>(
    '{ cart { version totals { total { amount } } } }',
  );
  expect(cart.totals.total.amount).toBe('16.90');
  const { given, code } = await place(guest, cart.version);
  expect(code).toBeNull();
  const paid = await pay(guest, given?.order?.id ?? '');
  expect(paid.given?.order?.status).toBe('PAID');
  expect(await standingOf(shop, given?.order?.id ?? '')).toMatchObject({ paid: 1690, payments: 1 });
});

// Last: the clock that it sets goes on for all.
test('paid while its time runs out, an order is paid or cancelled, and what was told stays true', async () => {
  const minute = 60_000;
  const { testClock, clock } = shop.parts;
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 20 });
  const guests = await times(12, async () => {
    const { signInAsGuest } = await shop
      .visitor()
      .data<{ signInAsGuest: { session: { accessToken: string; refreshToken: string } } }>(
        'mutation { signInAsGuest { session { accessToken refreshToken } } }',
      );
    const { accessToken, refreshToken } = signInAsGuest.session;
    const client = shop.visitor().as(accessToken);
    const { version } = await fillCart(client, [{ variantId: variantIds[0] ?? '', quantity: 1 }]);
    const { given } = await place(client, version);
    return { id: given?.order?.id ?? '', refreshToken };
  });
  const { rows } = await shop.ledger.query<{ first: Date; last: Date }>(
    `SELECT min(payment_due_at) AS first, max(payment_due_at) AS last FROM orders.orders WHERE id = ANY($1)`,
    [guests.map(({ id }) => id)],
  );
  const [due = { first: new Date(0), last: new Date(0) }] = rows;
  // Access tokens live for ten minutes: a new one shortly before the deadline.
  testClock.advance(due.first.getTime() - clock().getTime() - 5 * minute);
  const ready = await Promise.all(
    guests.map(async ({ id, refreshToken }) => {
      const { session } = await mutate<{ session: { accessToken: string } }>(
        shop.visitor(),
        'refreshSession',
        { idempotencyKey: randomUUID(), refreshToken },
        'session { accessToken }',
      );
      return { id, client: shop.visitor().as(session.accessToken) };
    }),
  );
  const paying = async (one: (typeof ready)[number] | undefined) =>
    one ? [{ id: one.id, answer: await pay(one.client, one.id) }] : [];
  // One in time, one too late, and the others at the edge: which of them are in time is the machine's affair.
  const answers = await paying(ready.shift());
  const late = ready.pop();
  testClock.advance(due.first.getTime() - clock().getTime() - 400);
  const span = due.last.getTime() - due.first.getTime() + 1_500;
  const edge = ready.map(async (one, i) => {
    await pause((span * i) / ready.length);
    return paying(one);
  });
  answers.push(...(await Promise.all(edge)).flat());
  await eventually(() => clock() > due.last);
  answers.push(...(await paying(late)));
  await eventually(async () => {
    const open = await shop.ledger.query(
      `SELECT FROM orders.orders WHERE order_state = 'PENDING' AND id = ANY($1)`,
      [guests.map(({ id }) => id)],
    );
    if (open.rowCount === 0) return true;
    testClock.advance(minute);
    await pause(500);
    return false;
  });
  expect(await atRest()).toEqual([]);
  const outcomes: string[] = [];
  for (const { id, answer } of answers) {
    const row = await standingOf(shop, id);
    const paid = row.order_state === 'CONFIRMED';
    outcomes.push(paid ? 'PAID' : 'CANCELLED');
    if (answer.given?.order?.status === 'PAID') expect(paid).toBe(true);
    expect(row).toMatchObject(
      paid
        ? { order_state: 'CONFIRMED', payment_state: 'PAID', paid: 1490, refunded: 0, payments: 1 }
        : { order_state: 'CANCELLED', refunded: row.paid },
    );
  }
  // It ran out in between, or the test has shown nothing.
  expect(new Set(outcomes)).toEqual(new Set(['PAID', 'CANCELLED']));
  const sold = outcomes.filter((one) => one === 'PAID').length;
  expect(await stockOf(shop, variantIds[0] ?? '')).toEqual({ on_hand: 20 - sold, reserved: 0 });
});
