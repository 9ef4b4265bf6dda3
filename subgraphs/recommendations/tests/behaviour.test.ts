import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import { behaviourConsumer } from '../behaviour/events.js';
import { createSetting, type Setting } from './setting.js';

let shop: Setting;
beforeAll(async () => {
  shop = await createSetting();
});
afterAll(() => shop.close());

const facts = async (subjectId: string) => {
  const rows = await shop.db.behaviourEvent.findMany({ where: { subjectId }, orderBy: { type: 'asc' } });
  return rows.map(({ type, productId, quantity }) => [type, productId, quantity]);
};

const search = (subjectId: string) =>
  shop.ask<{ trackEvents: { recordedCount: number } }>(
    guestCaller(subjectId),
    `mutation ($input: TrackEventsInput!) { trackEvents(input: $input) { recordedCount } }`,
    {
      input: {
        events: [
          {
            id: shop.parts.newId(),
            type: 'SEARCH',
            query: 'lamp',
            occurredAt: shop.parts.clock().toISOString(),
          },
        ],
      },
    },
  );

test('a paid order is noted as one purchase per product, however often it is told', async () => {
  const { newId } = shop.parts;
  const [customerId, orderId, shirt, hat] = [newId(), newId(), newId(), newId()];
  await shop.tell('OrderPaid', {
    orderId,
    customerId,
    amount: '100',
    currencyCode: 'EUR',
    lines: [
      { productId: shirt, variantId: newId(), quantity: 1 },
      { productId: shirt, variantId: newId(), quantity: 2 },
      { productId: hat, variantId: newId(), quantity: 1 },
    ],
  });
  expect(await facts(customerId)).toEqual(
    expect.arrayContaining([
      ['PURCHASE', shirt, 3],
      ['PURCHASE', hat, 1],
    ]),
  );
  expect(await facts(customerId)).toHaveLength(2);
  expect(await shop.db.basketItem.count({ where: { basketId: orderId } })).toBe(2);
});

test('an order taken over counts as bought when it was placed, and does not make its product popular now', async () => {
  const { newId, clock } = shop.parts;
  const customerId = newId();
  const paid = async (productId: string, more: { placedAt?: string }): Promise<void> => {
    const lines = [{ productId, variantId: newId(), quantity: 1 }];
    await shop.tell('OrderPaid', {
      orderId: newId(),
      ...{ customerId, amount: '100', currencyCode: 'EUR', lines },
      ...more,
    });
  };
  const before = clock().getTime();
  const [then, now] = [await shop.product(), await shop.product()];
  await paid(then, { placedAt: '2019-03-04T05:06:07.000Z' });
  // One whose message does not tell.
  await paid(now, {});
  const times = async (productId: string): Promise<number[]> =>
    [
      ...(await shop.db.behaviourEvent.findMany({ where: { productId } })),
      ...(await shop.db.basketItem.findMany({ where: { productId } })),
    ].map(({ occurredAt }) => occurredAt.getTime());
  const then2019 = new Date('2019-03-04T05:06:07.000Z').getTime();
  expect(await times(then)).toEqual([then2019, then2019, then2019]);
  expect((await times(now)).map((time) => time >= before)).toEqual([true, true, true]);
  await shop.train();
  const popular = await shop.db.popularity.groupBy({
    by: ['productId'],
    where: { productId: { in: [then, now] } },
  });
  expect(popular.map(({ productId }) => productId)).toEqual([now]);
});

test('changes of the cart are noted once; only what was put in shows interest', async () => {
  const { newId } = shop.parts;
  const customerId = newId();
  const change = { cartId: newId(), customerId, variantId: newId(), productId: newId(), quantity: 2 };
  await shop.tell('ProductRemovedFromCart', change);
  expect(await shop.db.basketItem.count({ where: { subjectId: customerId } })).toBe(0);
  await shop.tell('ProductAddedToCart', change);
  expect(await facts(customerId)).toEqual([
    ['ADD_TO_CART', change.productId, 2],
    ['REMOVE_FROM_CART', change.productId, 2],
  ]);
  expect(await shop.db.basketItem.count({ where: { subjectId: customerId } })).toBe(1);
});

test('a deleted user is forgotten with the guests that they were, key and all, and nothing is noted any more', async () => {
  const { newId } = shop.parts;
  const [userId, guestId, otherId] = [newId(), newId(), newId()];
  for (const id of [userId, guestId, otherId]) {
    await search(id);
    await shop.order(id, newId(), newId());
  }
  await shop.tell('UserLoggedIn', { userId, sessionId: newId(), guestId });
  await shop.tell('UserDeleted', { userId });

  const left = async () => {
    const where = { subjectId: { in: [userId, guestId] } };
    return [
      await shop.db.behaviourEvent.count({ where }),
      await shop.db.basketItem.count({ where }),
      await shop.db.subjectKey.count({ where }),
    ];
  };
  expect(await left()).toEqual([0, 0, 0]);
  // Late events, and the access token that outlives its user.
  await shop.order(userId, newId());
  expect((await search(guestId)).trackEvents.recordedCount).toBe(0);
  expect(await left()).toEqual([0, 0, 0]);
  expect(await facts(otherId)).toHaveLength(3);
  expect(await shop.db.subjectKey.count({ where: { subjectId: otherId } })).toBe(1);
});

test('a sign-in that is told after the deletion makes the guest forgotten as well', async () => {
  const { newId } = shop.parts;
  const [userId, guestId] = [newId(), newId()];
  await shop.order(guestId, newId());
  await shop.tell('UserDeleted', { userId });
  expect(await facts(guestId)).toHaveLength(1);
  await shop.tell('UserLoggedIn', { userId, sessionId: newId(), guestId });
  expect(await facts(guestId)).toEqual([]);
});

test('what was being noted while its user was deleted is erased by the timer', async () => {
  const { newId } = shop.parts;
  const userId = newId();
  await shop.tell('UserDeleted', { userId });
  await shop.db.behaviourEvent.create({
    data: { subjectId: userId, eventId: newId(), type: 'VIEW', productId: newId(), occurredAt: new Date() },
  });
  const options = { schema: 'recommendations', consumers: [behaviourConsumer], createContext: shop.context };
  await consumeOnce(options, behaviourConsumer);
  expect(await facts(userId)).toHaveLength(1);
  shop.parts.testClock.advance(61_000);
  await consumeOnce(options, behaviourConsumer);
  expect(await facts(userId)).toEqual([]);
});

test('a guest belongs to the user who signed in first', async () => {
  const { newId } = shop.parts;
  const [first, second, guestId] = [newId(), newId(), newId()];
  await shop.tell('UserLoggedIn', { userId: first, sessionId: newId(), guestId });
  await shop.tell('UserLoggedIn', { userId: second, sessionId: newId(), guestId });
  await shop.tell('UserLoggedIn', { userId: second, sessionId: newId(), guestId: null });
  expect(await shop.db.joinedGuest.findMany({ where: { guestId } })).toEqual([
    { guestId, customerId: first },
  ]);
});
