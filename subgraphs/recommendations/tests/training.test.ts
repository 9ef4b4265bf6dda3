import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anonymousCaller, staffCaller } from '../../../tests/testkit/parts.js';
import { neighbourScore, training } from '../model/rules.js';
import { takeProductsToLearn } from '../model/store.js';
import { trainNeighbours } from '../model/service.js';
import { createSetting, type Setting } from './setting.js';
import { eventually, pause } from '../../../tests/testkit/eventually.js';

let shop: Setting;
beforeAll(async () => {
  shop = await createSetting();
});
afterAll(() => shop.close());

/** Neighbours as text, for comparison: product, neighbour, score. */
const line = (product: number, neighbour: number, score: number): string =>
  `${product} ${neighbour} ${score.toFixed(9)}`;

/** What the formula says of all pairs of `baskets`. */
function expected(baskets: number[][]): string[] {
  const products = [...new Set(baskets.flat())];
  const having = (...wanted: number[]): number =>
    baskets.filter((basket) => wanted.every((product) => basket.includes(product))).length;
  return products
    .flatMap((one) =>
      products.flatMap((other) => {
        const together = one === other ? 0 : having(one, other);
        return together ? [line(one, other, neighbourScore(together, having(one), having(other)))] : [];
      }),
    )
    .sort();
}

test('whatever the orders, the database learns what the formula says, and again when it learns again', async () => {
  const basket = fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(basket, { minLength: 1, maxLength: 8 }), async (baskets) => {
      const ids = Array.from({ length: 6 }, shop.parts.newId);
      for (const products of baskets)
        await shop.order(shop.parts.newId(), ...products.map((product) => ids[product] ?? ''));
      for (const time of ['first', 'again']) {
        await shop.train();
        const rows = await shop.db.neighbour.findMany({
          where: { model: 'BOUGHT_TOGETHER', productId: { in: ids } },
        });
        const learnt = rows.map((row) =>
          line(ids.indexOf(row.productId), ids.indexOf(row.neighbourId), row.score),
        );
        expect([time, ...learnt.sort()]).toEqual([time, ...expected(baskets)]);
        await shop.db.basketItem.updateMany({ data: { learned: false } });
      }
    }),
    { numRuns: 8 },
  );
});

test('one run takes no more baskets than a short transaction can, and the next goes on with the rest', async () => {
  await shop.train();
  const [first, second] = [shop.parts.newId(), shop.parts.newId()];
  await shop.db.$executeRaw`
    INSERT INTO basket_item (model, basket_id, product_id, subject_id, occurred_at, learned)
    SELECT 'BOUGHT_TOGETHER', gen_random_uuid(), product_id, gen_random_uuid(), ${shop.parts.clock()}::timestamptz, false
    FROM unnest(${[first, second]}::uuid[]) AS product_id, generate_series(2, ${training.basketsPerRun}::int)`;
  expect(await takeProductsToLearn(shop.db, 'BOUGHT_TOGETHER')).toEqual([first]);
  expect(await takeProductsToLearn(shop.db, 'BOUGHT_TOGETHER')).toEqual([second]);
  expect(await takeProductsToLearn(shop.db, 'BOUGHT_TOGETHER')).toEqual([]);
  await shop.db.basketItem.deleteMany({ where: { productId: { in: [first, second] } } });
});

test('of a product as many neighbours are kept as can be asked for, the strongest, and old ones go', async () => {
  const { newId } = shop.parts;
  const [pan, lid] = [newId(), newId()];
  const many = Array.from({ length: training.neighbours + 10 }, newId);
  await shop.order(newId(), pan, ...many);
  await shop.train();
  const kept = () => shop.db.neighbour.findMany({ where: { productId: pan, model: 'BOUGHT_TOGETHER' } });
  const before = (await kept()).map(({ neighbourId }) => neighbourId);
  expect(before.length).toBeGreaterThanOrEqual(training.neighbours);
  for (let count = 0; count < 3; count += 1) await shop.order(newId(), pan, lid);
  await shop.train();
  const after = await kept();
  expect(after).toHaveLength(training.neighbours);
  expect(Math.max(...after.map(({ score }) => score))).toBe(
    after.find(({ neighbourId }) => neighbourId === lid)?.score,
  );
});

test('two processes that train at once learn the same as one', async () => {
  const { newId } = shop.parts;
  const [ham, eggs] = [newId(), newId()];
  for (let count = 0; count < 4; count += 1) await shop.order(newId(), ham, eggs);
  await Promise.all([trainNeighbours(shop.context()), trainNeighbours(shop.context())]);
  const rows = await shop.db.neighbour.findMany({ where: { model: 'BOUGHT_TOGETHER', productId: ham } });
  expect(rows.map(({ neighbourId, score }) => [neighbourId, score])).toEqual([
    [eggs, expect.closeTo(neighbourScore(4, 4, 4), 12)],
  ]);
});

/** Puts a paid order into the inbox, as the relay does. */
const deliverOrder = async (...productIds: string[]): Promise<void> => {
  const { newId, clock } = shop.parts;
  const lines = productIds.map((productId) => ({ productId, variantId: newId(), quantity: 1 }));
  const orderId = newId();
  await shop.db.inboxMessage.create({
    data: {
      consumer: 'behaviour',
      eventId: newId(),
      type: 'OrderPaid',
      version: 1,
      aggregateType: 'Order',
      aggregateId: orderId,
      aggregateSeq: 1,
      correlationId: 'test',
      occurredAt: clock(),
      runAt: clock(),
      payload: { orderId, customerId: newId(), amount: '100', currencyCode: 'EUR', lines },
    },
  });
};

interface Lists {
  _entities: { boughtTogether: { product: { id: string } }[] }[];
  popularProducts: { product: { id: string }; algorithm: string }[];
}

test('in a running shop one order after the other reaches the lists by itself', async () => {
  const [tent, peg, rope] = [await shop.product(), await shop.product(), await shop.product()];
  const query = `query ($of: [_Any!]!) {
    _entities(representations: $of) { ... on Product { boughtTogether { product { id } } } }
    popularProducts(windowDays: 1) { product { id } algorithm }
  }`;
  const of = [{ __typename: 'Product', id: tent }];
  const reaches = (productId: string): Promise<boolean> =>
    eventually(async () => {
      // Small steps of the shop's time, slowly: both timers come due again and again, and an order stays within a day.
      shop.parts.testClock.advance(training.popularityEveryMs);
      await pause(200);
      const { _entities: entities, popularProducts } = await shop.ask<Lists>(anonymousCaller(), query, {
        of,
      });
      const linked = entities[0]?.boughtTogether.some(({ product }) => product.id === productId);
      const popular =
        popularProducts.find(({ product }) => product.id === productId)?.algorithm === 'POPULAR';
      return linked && popular;
    });
  await shop.subgraph.start();
  await deliverOrder(tent, peg);
  expect(await reaches(peg)).toBe(true);
  await deliverOrder(tent, rope);
  expect(await reaches(rope)).toBe(true);
});

test('only staff see dead letters and retry them', async () => {
  const list = '{ recommendationsDeadLetters { nodes { id } } }';
  const retry = 'mutation { retryRecommendationsDeadLetters(input: {ids: ["x:y"]}) { retriedIds } }';
  for (const operation of [list, retry]) {
    await expect(shop.ask(anonymousCaller(), operation)).rejects.toThrow('signed-in');
    await expect(shop.ask(staffCaller('support'), operation)).rejects.toThrow('permission events:');
  }
  expect(await shop.ask(staffCaller('admin'), list)).toEqual({ recommendationsDeadLetters: { nodes: [] } });
  expect(await shop.ask(staffCaller('admin'), retry)).toEqual({
    retryRecommendationsDeadLetters: { retriedIds: [] },
  });
});
