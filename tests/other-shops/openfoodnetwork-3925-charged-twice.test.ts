/**
 * openfoodnetwork#3925 (and #5705, #12046): the provider had charged the buyer, then an error took back what the shop had
 * written of it. The payment was gone from the shop, the order looked unpaid, the buyer pressed again: two and three charges
 * for one order, or a charge for an order that was never completed.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import { createGoods } from '../testkit/goods.js';
import {
  countsOf,
  pay,
  placedOrder,
  standingOf,
  startRaceShop,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
let variantId: string;
/** How many answers of createPayment are lost after it took effect. */
let toLose = 0;

const losingAnswers = (subgraph: Subgraph): Subgraph => ({
  ...subgraph,
  execute: async (request) => {
    const answer = await subgraph.execute(request);
    if (!request.query.includes('createPayment') || toLose === 0) return answer;
    toLose -= 1;
    return { data: null, errors: [new GraphQLError('The connection broke.')] };
  },
});

beforeAll(async () => {
  shop = await startRaceShop({}, losingAnswers);
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 100 });
  variantId = variantIds[0] ?? '';
});
afterEach(async () => {
  toLose = 0;
  expect(await violationsOf(shop)).toEqual([]);
});
afterAll(() => shop.close());

/** What the provider took for the order, by its own account. */
async function chargesOf(orderId: string): Promise<{ status: string; received: number }[]> {
  const { data } = await shop.stripe.paymentIntents.search({ query: `metadata['order_id']:'${orderId}'` });
  return data
    .filter(({ amount_received }) => amount_received > 0)
    .map(({ status, amount_received: received }) => ({ status, received }));
}

const paidOnce = { order_state: 'CONFIRMED', payment_state: 'PAID', paid: 1490, refunded: 0, payments: 1 };
const oneCharge = [{ status: 'succeeded', received: 1490 }];

test('ten who press "pay" for one order at once, each with a key of their own, make one charge', async () => {
  const { guest, id } = await placedOrder(shop, { [variantId]: 1 });
  const answers = await times(10, () => pay(guest, id));
  // Who was late is told that it is paid, or that somebody is paying it.
  const { DONE = 0, ...rest } = countsOf(answers);
  expect(DONE).toBeGreaterThan(0);
  for (const code of Object.keys(rest)) expect(['ALREADY_PAID', 'PAYMENT_IN_PROGRESS']).toContain(code);
  expect(await chargesOf(id)).toEqual(oneCharge);
  expect(await standingOf(shop, id)).toEqual(paidOnce);
});

test('three lost answers and a new try after each are one charge', async () => {
  const { guest, id } = await placedOrder(shop, { [variantId]: 1 });
  for (let i = 0; i < 3; i += 1) {
    toLose = 1;
    const lost = await pay(guest, id);
    expect([lost.given?.order ?? null, lost.code === null]).toEqual([null, false]);
  }
  await pay(guest, id);
  await eventually(
    () => standingOf(shop, id),
    (row) => row.payment_state === 'PAID',
  );
  expect(await chargesOf(id)).toEqual(oneCharge);
  expect(await standingOf(shop, id)).toEqual(paidOnce);
});

test('what the shop cannot write after the charge is written from what the provider knows', async () => {
  const { guest, id } = await placedOrder(shop, { [variantId]: 1 });
  const name = `broken_${randomUUID().replaceAll('-', '')}`;
  // The answer of the provider is what a payment's row is updated with.
  await shop.ledger.query(`
    CREATE FUNCTION public.${name}() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'broken by a test'; END $$;
    CREATE TRIGGER ${name} BEFORE UPDATE ON payments.payment FOR EACH ROW
      WHEN (NEW.provider_intent_id IS NOT NULL) EXECUTE FUNCTION public.${name}()`);
  const answers = await times(3, () => pay(guest, id));
  expect(answers.filter(({ code }) => code === null)).toEqual([]);
  expect(await chargesOf(id)).toEqual(oneCharge);
  await shop.ledger.query(`DROP FUNCTION public.${name} CASCADE`);
  await pay(guest, id);
  await eventually(
    () => standingOf(shop, id),
    (row) => row.payment_state === 'PAID',
  );
  expect(await chargesOf(id)).toEqual(oneCharge);
  expect(await standingOf(shop, id)).toEqual(paidOnce);
});
