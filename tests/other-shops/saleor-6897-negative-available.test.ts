/**
 * saleor PR#6897: what is available of an article became negative, because the rows that say how much is allocated were
 * read without a lock while checkouts were completed. It took several checkouts at once, and in between anybody who read
 * the stock saw less than nothing.
 *
 * vendure PR#4930 and #1738 (its second half): a level's number was read, changed in memory and written back, so that
 * of a warehouse's corrections and the shop's sales at the same moment some were lost.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGoods, mutate } from '../testkit/goods.js';
import {
  attempt,
  buyerOf,
  cancel,
  countsOf,
  place,
  startRaceShop,
  stockOf,
  times,
  violationsOf,
  type Answer,
  type RaceShop,
} from '../testkit/race-shop.js';

let shop: RaceShop;
beforeAll(async () => {
  shop = await startRaceShop();
});
afterEach(async () => expect(await violationsOf(shop)).toEqual([]));
afterAll(() => shop.close());

interface Level {
  onHand: number;
  reserved: number;
  available: number;
}

/** Reads the variants' levels through the API until `done`; every reading. */
async function watch(variantIds: readonly string[], done: Promise<unknown>): Promise<Level[]> {
  const seen: Level[] = [];
  let over = false;
  void done.finally(() => (over = true));
  while (!over) {
    for (const id of variantIds) {
      const { productVariant } = await shop.staff.data<{ productVariant: { stock: Level[] } }>(
        'query ($id: ID!) { productVariant(id: $id) { stock { onHand reserved available } } }',
        { id },
      );
      seen.push(...productVariant.stock);
    }
  }
  return seen;
}

test('nobody ever sees less than nothing, whoever orders, cancels and counts at once', async () => {
  const { variantIds, warehouseId } = await createGoods(shop.staff, { prices: ['10.00', '20.00'], stock: 6 });
  const [a = '', b = ''] = variantIds;
  const buyers = await times(24, (i) => buyerOf(shop, i % 2 ? { [a]: 1, [b]: 1 } : { [b]: 1, [a]: 2 }));
  const correct = (variantId: string, delta: number): Promise<unknown> =>
    mutate(
      shop.staff,
      'adjustInventoryQuantities',
      {
        idempotencyKey: randomUUID(),
        type: 'ADJUSTMENT',
        reason: 'Found',
        changes: [{ variantId, warehouseId, delta }],
      },
      '',
    );
  const rush = Promise.all([
    ...buyers.map(async ({ guest, version }, i) => {
      const answer = await place(guest, version);
      if (answer.given?.order && i % 3 === 0) await cancel(guest, answer.given.order.id);
      return answer;
    }),
    ...[a, b, a, b].map(async (id) => void (await correct(id, 1))),
  ]);
  const seen = await watch(variantIds, rush);
  const answers = (await rush).flatMap((answer) => answer ?? []);
  expect(Object.keys(countsOf(answers)).sort()).toEqual(['DONE', 'INSUFFICIENT_STOCK']);
  expect(seen.length).toBeGreaterThan(4);
  for (const { onHand, reserved, available } of seen) {
    expect([Math.min(reserved, available, 0), available]).toEqual([0, onHand - reserved]);
  }
});

test('vendure PR#4930: forty corrections and twenty sales at once all count', async () => {
  const { variantIds, warehouseId } = await createGoods(shop.staff, { prices: ['10.00'], stock: 50 });
  const [variantId = ''] = variantIds;
  const buyers = await times(20, () => buyerOf(shop, { [variantId]: 1 }));
  const adjust = (i: number): Promise<Answer<unknown>> => {
    const input = {
      idempotencyKey: randomUUID(),
      ...(i % 4 === 0 ? { type: 'DAMAGE' } : { type: 'PURCHASE' }),
      reason: 'Delivery',
      changes: [{ variantId, warehouseId, delta: i % 4 === 0 ? -1 : 2 }],
    };
    return attempt(shop.staff, 'adjustInventoryQuantities', input, '');
  };
  const [answers, corrections] = await Promise.all([
    Promise.all(buyers.map(({ guest, version }) => place(guest, version))),
    times(40, adjust),
  ]);
  expect([countsOf(answers), countsOf(corrections)]).toEqual([{ DONE: 20 }, { DONE: 40 }]);
  expect(await stockOf(shop, variantId)).toEqual({ on_hand: 50 - 10 + 60, reserved: 20 });
});

test('who waits too long for a row is told to try again, nothing has changed, and the same key does it then', async () => {
  const { variantIds, warehouseId } = await createGoods(shop.staff, { prices: ['10.00'], stock: 50 });
  const [variantId = ''] = variantIds;
  const input = {
    ...{ idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Delivery' },
    changes: [{ variantId, warehouseId, delta: 2 }],
  };
  const adjust = async (): Promise<string | null> => {
    const { errors } = await shop.staff.request(
      `mutation ($input: AdjustInventoryQuantitiesInput!) {
        adjustInventoryQuantities(input: $input) { userErrors { code } } }`,
      { input },
    );
    return errors?.[0]?.extensions.code ?? null;
  };
  await shop.ledger.query('BEGIN');
  await shop.ledger.query('SELECT FROM inventory.stock_level WHERE variant_id = $1 FOR UPDATE', [variantId]);
  expect(await adjust()).toBe('SERVICE_UNAVAILABLE');
  await shop.ledger.query('ROLLBACK');
  expect(await stockOf(shop, variantId)).toEqual({ on_hand: 50, reserved: 0 });
  expect([await adjust(), await adjust()]).toEqual([null, null]);
  expect(await stockOf(shop, variantId)).toEqual({ on_hand: 52, reserved: 0 });
});
