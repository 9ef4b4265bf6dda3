import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { freshness, interestWeight } from '../model/rules.js';
import { createSetting, fields, type Recommended, type Setting } from './setting.js';

/** Each test in a shop of its own: what is popular depends on all that happened. */
let shop: Setting;
const shops: Setting[] = [];
const open = async (): Promise<void> => {
  shop = await createSetting();
  shops.push(shop);
};
beforeAll(open);
afterAll(async () => {
  for (const one of shops) await one.close();
});

const popular = async (windowDays: number, first = 12): Promise<Recommended[]> => {
  const answer = await shop.ask<{ popularProducts: Recommended[] }>(
    anonymousCaller(),
    `query ($windowDays: Int!, $first: Int!) { popularProducts(windowDays: $windowDays, first: $first) ${fields} }`,
    { windowDays, first },
  );
  return answer.popularProducts;
};

type Entity = 'Product' | 'User';

/** A list of each of several products or users. */
const listsOf = async (type: Entity, ids: string[], caller: Caller, first = 12): Promise<Recommended[][]> => {
  const field = type === 'User' ? 'recommendations' : 'related';
  const answer = await shop.ask<{ _entities: { list: Recommended[] }[] }>(
    caller,
    `query ($of: [_Any!]!, $first: Int!) {
      _entities(representations: $of) { ... on ${type} { list: ${field}(first: $first) ${fields} } }
    }`,
    { of: ids.map((id) => ({ __typename: type, id })), first },
  );
  return answer._entities.map(({ list }) => list);
};
const related = async (id: string, first?: number): Promise<Recommended[]> =>
  (await listsOf('Product', [id], anonymousCaller(), first))[0] ?? [];
const forUser = async (id: string, first?: number): Promise<Recommended[]> =>
  (await listsOf('User', [id], userCaller(id), first))[0] ?? [];

const brief = (list: Recommended[]): [string, string][] =>
  list.map(({ product, algorithm }) => [product.id, algorithm]);

test('a new shop shows its newest products, to everybody', async () => {
  await shop.train();
  expect(await popular(30)).toEqual([]);
  const [old, newer] = [
    await shop.product({ createdAt: '2026-01-01T00:00:00Z' }),
    await shop.product({ createdAt: '2026-02-01T00:00:00Z' }),
  ];
  await shop.product({ status: 'DISCONTINUED' });
  const newest = [
    [newer, 'NEWEST'],
    [old, 'NEWEST'],
  ];
  expect(brief(await popular(30))).toEqual(newest);
  expect(brief(await popular(30, 1))).toEqual([[newer, 'NEWEST']]);
  expect(brief(await related(newer))).toEqual([[old, 'NEWEST']]);
  expect(brief(await forUser(shop.parts.newId()))).toEqual(newest);
});

test('popular is what was ordered most and last, in the days that were asked for', async () => {
  await open();
  const { newId, testClock } = shop.parts;
  const [lamp, rug, cup] = [await shop.product(), await shop.product(), await shop.product()];
  const customer = newId();
  for (let count = 0; count < 3; count += 1) await shop.order(customer, rug);
  testClock.advance(10 * 86_400_000);
  for (let count = 0; count < 2; count += 1) await shop.order(newId(), lamp);
  await shop.train();
  const week = await popular(7);
  expect(brief(week)).toEqual([
    [lamp, 'POPULAR'],
    [cup, 'NEWEST'],
    [rug, 'NEWEST'],
  ]);
  // Two orders by two people, each of whom showed interest by it.
  expect(week[0]?.score).toBeCloseTo(2 + 2 * interestWeight, 2);
  const quarter = await popular(90);
  expect(brief(quarter).slice(0, 2)).toEqual([
    [rug, 'POPULAR'],
    [lamp, 'POPULAR'],
  ]);
  expect(quarter[0]?.score).toBeCloseTo((3 + interestWeight) * freshness(10, 90), 2);
  await expect(popular(8)).rejects.toThrow('windowDays must be one of 1, 7, 30, 90, not 8.');
  await expect(popular(7, 0)).rejects.toThrow('first must be 1 to 50, not 0.');
});

test('related: what interests the same visitors, then the category, then the shop, each product once', async () => {
  await open();
  const { newId } = shop.parts;
  const lighting = newId();
  const [lamp, lantern, candle, rug] = [
    await shop.product({ categoryId: lighting }),
    await shop.product({ categoryId: lighting }),
    await shop.product({ categoryId: lighting }),
    await shop.product(),
  ];
  const unseen = await shop.product({ categoryId: lighting });
  const visitor = newId();
  const put = (customerId: string, productId: string) =>
    shop.tell('ProductAddedToCart', {
      cartId: newId(),
      customerId,
      variantId: newId(),
      productId,
      quantity: 1,
    });
  await put(visitor, lamp);
  await put(visitor, lantern);
  await put(newId(), candle);
  await put(newId(), rug);
  await shop.train();
  expect(brief(await related(lamp))).toEqual([
    [lantern, 'RELATED'],
    [candle, 'POPULAR_IN_CATEGORY'],
    [rug, 'POPULAR'],
    [unseen, 'NEWEST'],
  ]);
  expect(brief(await related(unseen, 3)).map(([, algorithm]) => algorithm)).toEqual(
    Array.from({ length: 3 }, () => 'POPULAR_IN_CATEGORY'),
  );
  expect(await related('no-id')).toEqual([]);
});

test('a user gets what goes with their history, as guest as well, and nothing that they have bought', async () => {
  await open();
  const { newId, testClock } = shop.parts;
  const [lamp, oil, wick, cup, saucer] = [
    await shop.product(),
    await shop.product(),
    await shop.product(),
    await shop.product(),
    await shop.product(),
  ];
  for (let count = 0; count < 5; count += 1) {
    await shop.order(newId(), lamp, oil, wick);
    await shop.order(newId(), cup, saucer);
  }
  const [userId, guestId] = [newId(), newId()];
  await shop.order(guestId, lamp, oil);
  await shop.train();
  const stranger = await forUser(userId);
  expect(stranger.every(({ algorithm }) => algorithm === 'POPULAR')).toBe(true);

  await shop.tell('UserLoggedIn', { userId, sessionId: newId(), guestId });
  const list = await forUser(userId);
  expect(brief(list)[0]).toEqual([wick, 'HISTORY']);
  expect(list.map(({ product }) => product.id).sort()).toEqual([wick, cup, saucer].sort());

  // Later interest counts more than earlier one.
  testClock.advance(60 * 86_400_000);
  await shop.tell('ProductAddedToCart', {
    cartId: newId(),
    customerId: userId,
    variantId: newId(),
    productId: cup,
    quantity: 1,
  });
  expect(brief(await forUser(userId, 2))).toEqual([
    [saucer, 'HISTORY'],
    [wick, 'HISTORY'],
  ]);
});

test('only the user and staff who may read users see what is recommended to a user', async () => {
  const userId = shop.parts.newId();
  await expect(listsOf('User', [userId], userCaller())).rejects.toThrow('another customer');
  await expect(listsOf('User', [userId], anonymousCaller())).rejects.toThrow('another customer');
  await expect(listsOf('User', [userId], staffCaller('merchandiser'))).rejects.toThrow('another customer');
  expect(await listsOf('User', [userId], staffCaller('support'))).toHaveLength(1);
});

test('each list costs one statement, for one parent as for many', async () => {
  const { newId } = shop.parts;
  const ids = Array.from({ length: 24 }, newId);
  const admin = staffCaller('admin');
  const costs: number[] = [];
  for (const ask of [
    () => listsOf('Product', ids.slice(0, 1), admin),
    () => listsOf('Product', ids, admin),
    () => listsOf('User', ids.slice(0, 1), admin),
    () => listsOf('User', ids, admin),
    () => popular(30),
  ]) {
    const stop = recordStatements();
    await ask();
    costs.push(stop().length);
  }
  expect(costs).toEqual([1, 1, 1, 1, 1]);
});
