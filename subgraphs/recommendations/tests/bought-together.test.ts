import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import { neighbourScore } from '../model/rules.js';
import { createSetting, fields, type Recommended, type Setting } from './setting.js';

let shop: Setting;
beforeAll(async () => {
  shop = await createSetting();
});
afterAll(() => shop.close());

interface Answer {
  _entities: { id: string; boughtTogether: Recommended[] }[];
}

const boughtTogether = async (ids: string[], first = 6): Promise<Recommended[][]> => {
  const { _entities: entities } = await shop.ask<Answer>(
    anonymousCaller(),
    `query ($products: [_Any!]!, $first: Int!) {
      _entities(representations: $products) { ... on Product { id boughtTogether(first: $first) ${fields} } }
    }`,
    { products: ids.map((id) => ({ __typename: 'Product', id })), first },
  );
  expect(entities.map(({ id }) => id)).toEqual(ids);
  return entities.map((product) => product.boughtTogether);
};

test('what was ordered together is recommended, the strongest link first, with the score of the formula', async () => {
  const [lamp, oil, wick, rug] = [
    await shop.product(),
    await shop.product(),
    await shop.product(),
    await shop.product(),
  ];
  const { newId } = shop.parts;
  for (let count = 0; count < 3; count += 1) await shop.order(newId(), lamp, oil);
  await shop.order(newId(), lamp, oil, wick);
  await shop.order(newId(), rug);
  await shop.train();

  const [ofLamp, ofWick, ofRug] = await boughtTogether([lamp, wick, rug]);
  const why = { reason: 'Often bought together', algorithm: 'BOUGHT_TOGETHER' };
  expect(ofLamp).toEqual([
    { product: { id: oil }, score: expect.closeTo(neighbourScore(4, 4, 4), 12), ...why },
    { product: { id: wick }, score: expect.closeTo(neighbourScore(1, 4, 1), 12), ...why },
  ]);
  expect(ofWick?.map(({ product }) => product.id).sort()).toEqual([lamp, oil].sort());
  expect(ofRug).toEqual([]);
});

test('a later order changes the lists of all its products', async () => {
  const [cup, saucer, spoon] = [await shop.product(), await shop.product(), await shop.product()];
  await shop.order(shop.parts.newId(), cup, saucer);
  await shop.train();
  expect((await boughtTogether([cup]))[0]?.map(({ product }) => product.id)).toEqual([saucer]);
  await shop.order(shop.parts.newId(), cup, spoon);
  await shop.order(shop.parts.newId(), cup, spoon);
  await shop.train();
  const [ofCup, ofSpoon] = await boughtTogether([cup, spoon]);
  expect(ofCup?.map(({ product }) => product.id)).toEqual([spoon, saucer]);
  expect(ofSpoon?.map(({ score }) => score)).toEqual([expect.closeTo(neighbourScore(2, 3, 2), 12)]);
});

test('a product that is no longer on sale is not recommended, from the moment that catalog says so', async () => {
  const [pot, lid] = [await shop.product(), await shop.product()];
  await shop.order(shop.parts.newId(), pot, lid);
  await shop.train();
  expect((await boughtTogether([pot]))[0]).toHaveLength(1);
  shop.catalog.set(lid, { status: 'DISCONTINUED', categoryId: null, createdAt: new Date().toISOString() });
  await shop.tell('ProductChanged', { productId: lid });
  expect((await boughtTogether([pot]))[0]).toEqual([]);
  shop.catalog.delete(pot);
  await shop.tell('ProductChanged', { productId: pot });
  expect((await boughtTogether([lid]))[0]).toEqual([]);
});

test('24 products cost one statement, as one does; malformed ids and a first out of range do no harm', async () => {
  const ids = await Promise.all(Array.from({ length: 24 }, () => shop.product()));
  await shop.order(shop.parts.newId(), ...ids);
  await shop.train();
  const counts: number[] = [];
  for (const parents of [ids.slice(0, 1), ids]) {
    const stop = recordStatements();
    const lists = await boughtTogether(parents, 5);
    counts.push(stop().length);
    expect(lists.map((list) => list.length)).toEqual(parents.map(() => 5));
  }
  expect(counts).toEqual([1, 1]);
  const [ofNothing, ofFirst] = await boughtTogether(['no-id', ids[0] ?? ''], 3);
  expect([ofNothing?.length, ofFirst?.length]).toEqual([0, 3]);
  await expect(boughtTogether(ids, 51)).rejects.toThrow('first must be 1 to 50, not 51.');
});
