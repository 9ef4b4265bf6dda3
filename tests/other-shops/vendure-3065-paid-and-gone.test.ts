/**
 * vendure#3065: two buyers have the last piece in the cart and pay on the provider's page. The slower one is charged when the
 * piece is gone: the order cannot go on, and since its payment has been used nobody can pay it again either. Money is taken,
 * nothing is sent, and the order stays open for ever. (Promise P7.)
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { answerChallenge } from '../../subgraphs/payments/tests/payments-test.js';
import { createGoods } from '../testkit/goods.js';
import {
  buyerOf,
  countsOf,
  pay,
  place,
  placedOrder,
  standingOf,
  startRaceShop,
  stockOf,
  threeDSecure,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

test('who is on the way to pay keeps the last piece; the other is told before any money is asked for', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 1 });
  const [id = ''] = variantIds;
  const [slow, quick] = await times(2, () => buyerOf(shop, { [id]: 1 }));
  if (!slow || !quick) throw new Error('There are two buyers.');
  const first = await place(slow.guest, slow.version);
  const orderId = first.given?.order?.id ?? '';
  const begun = await pay(slow.guest, orderId, threeDSecure);
  expect((await place(quick.guest, quick.version)).code).toBe('INSUFFICIENT_STOCK');
  await answerChallenge(begun.given?.nextActionUrl ?? null, 'complete');
  const standing = await eventually(
    () => standingOf(shop, orderId),
    (row) => row.payment_state === 'PAID',
  );
  expect(standing).toEqual({
    ...{ order_state: 'CONFIRMED', payment_state: 'PAID' },
    ...{ paid: 1490, refunded: 0, payments: 1 },
  });
});

/** Lets the stock of an order go back, as after the longest hold, while its payment is under way. */
async function lapse(orderIds: string[]): Promise<void> {
  for (const orderId of orderIds) {
    const { errors } = await shop.subgraphs.inventory.execute({
      query: 'mutation ($input: ReleaseStockInput!) { releaseStock(input: $input) { released } }',
      variables: { input: { orderId } },
      caller: { claims: { kind: 'service', sub: 'orders' }, headers: {}, correlationId: 'test' },
    });
    if (errors?.[0]) throw errors[0];
  }
}

test('a payment that comes when the stock has gone back takes it again, or is given back exactly once', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 4 });
  const [id = ''] = variantIds;
  const late = await times(4, () => placedOrder(shop, { [id]: 1 }));
  const begun = await Promise.all(late.map((one) => pay(one.guest, one.id, threeDSecure)));
  await lapse(late.map((one) => one.id));
  // Others buy two of the four that are free now.
  const others = await times(2, () => placedOrder(shop, { [id]: 1 }));
  expect(countsOf(await Promise.all(others.map((one) => pay(one.guest, one.id))))).toEqual({ DONE: 2 });
  await Promise.all(begun.map(({ given }) => answerChallenge(given?.nextActionUrl ?? null, 'complete')));
  // Everybody asks again meanwhile, as people do.
  await Promise.all(late.map((one) => pay(one.guest, one.id)));
  const standings = () => Promise.all(late.map((one) => standingOf(shop, one.id)));
  await eventually(
    standings,
    (rows) =>
      rows.filter((row) => row.order_state === 'CONFIRMED').length === 2 &&
      rows.filter((row) => row.order_state === 'CANCELLED').length === 2,
  );
  // The refund that a cancelled order owes is sent by its timer.
  shop.parts.testClock.advance(60_000);
  const ended = await eventually(
    standings,
    (rows) => rows.filter((row) => row.payment_state === 'REFUNDED').length === 2,
  );
  for (const row of ended)
    expect(row).toEqual(
      row.order_state === 'CONFIRMED'
        ? { order_state: 'CONFIRMED', payment_state: 'PAID', paid: 1490, refunded: 0, payments: 1 }
        : { order_state: 'CANCELLED', payment_state: 'REFUNDED', paid: 1490, refunded: 1490, payments: 1 },
    );
  expect(await violationsOf(shop)).toEqual([]);
  expect(await stockOf(shop, id)).toEqual({ on_hand: 0, reserved: 0 });
  const { data: refunds } = await shop.stripe.refunds.list({ limit: 100 });
  expect(refunds.map(({ amount, status }) => ({ amount, status }))).toEqual(
    Array(2).fill({ amount: 1490, status: 'succeeded' }),
  );
});
