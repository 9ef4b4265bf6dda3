import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, userCaller } from '../../../tests/testkit/parts.js';
import { open } from '../../shared/vault.js';
import { createSetting, type Setting } from './setting.js';

let shop: Setting;
beforeAll(async () => {
  shop = await createSetting();
});
afterAll(() => shop.close());

const mutation = `mutation ($input: TrackEventsInput!) {
  trackEvents(input: $input) { recordedCount userErrors { __typename code field } }
}`;

interface Tracked {
  trackEvents: { recordedCount: number | null; userErrors: { __typename: string; field: string[] }[] };
}

const track = async (caller: ReturnType<typeof guestCaller>, ...events: object[]) =>
  (await shop.ask<Tracked>(caller, mutation, { input: { events } })).trackEvents;

const event = (facts: object = {}) => ({
  id: shop.parts.newId(),
  type: 'VIEW',
  productId: shop.parts.newId(),
  occurredAt: shop.parts.clock().toISOString(),
  ...facts,
});

const noted = (subjectId: string) => shop.db.behaviourEvent.findMany({ where: { subjectId } });

test('events of a guest are noted once, whether they are sent again or twice at once', async () => {
  const guestId = shop.parts.newId();
  const guest = guestCaller(guestId);
  const events = [event({ durationMs: 8_000, source: 'search' }), event({ type: 'WISHLIST' }), event()];
  const twins = await Promise.all([track(guest, ...events), track(guest, ...events)]);
  expect(twins.map(({ userErrors }) => userErrors)).toEqual([[], []]);
  expect(twins.reduce((sum, { recordedCount }) => sum + (recordedCount ?? 0), 0)).toBe(3);
  expect(await track(guest, ...events, event())).toEqual({ recordedCount: 1, userErrors: [] });
  expect(await noted(guestId)).toHaveLength(4);
  const viewed = (await noted(guestId)).find(({ eventId }) => eventId === events[0]?.id);
  expect(viewed).toMatchObject({ type: 'VIEW', durationMs: 8_000, source: 'search', query: null });
});

test('the same event id of another visitor is another event', async () => {
  const one = event();
  expect((await track(guestCaller(), one)).recordedCount).toBe(1);
  expect((await track(userCaller(), one)).recordedCount).toBe(1);
});

test('one wrong event refuses all of them, and nothing is noted', async () => {
  const guestId = shop.parts.newId();
  const answer = await track(guestCaller(guestId), event(), event({ productId: null }), event({ id: 'x' }));
  expect(answer).toEqual({
    recordedCount: null,
    userErrors: [
      { __typename: 'InvalidInputError', code: 'INVALID_INPUT', field: ['events', '1', 'productId'] },
      { __typename: 'InvalidInputError', code: 'INVALID_INPUT', field: ['events', '2', 'id'] },
    ],
  });
  expect(await noted(guestId)).toEqual([]);
  expect(await shop.db.basketItem.count({ where: { subjectId: guestId } })).toBe(0);
});

test('who is neither guest nor user is refused, and nobody can claim a purchase', async () => {
  await expect(track(anonymousCaller(), event())).rejects.toThrow('signed-in');
  const guestId = shop.parts.newId();
  await expect(track(guestCaller(guestId), event({ type: 'PURCHASE' }))).rejects.toThrow();
  expect(await noted(guestId)).toEqual([]);
});

test('a client’s clock that is a little ahead makes nothing newer than now', async () => {
  const guestId = shop.parts.newId();
  await track(
    guestCaller(guestId),
    event({ occurredAt: new Date(shop.parts.clock().getTime() + 240_000).toISOString() }),
  );
  const [row] = await noted(guestId);
  expect(row?.occurredAt.getTime()).toBeLessThanOrEqual(shop.parts.clock().getTime());
});

test('what was searched for is stored encrypted', async () => {
  const guestId = shop.parts.newId();
  const search = event({ type: 'SEARCH', productId: null, query: 'gift for Anna' });
  await track(guestCaller(guestId), search, event());
  const row = (await noted(guestId)).find(({ type }) => type === 'SEARCH');
  const sealed = row?.query ?? new Uint8Array();
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('Anna');
  const key = (await shop.vault.findKeys(shop.db, [guestId])).get(guestId) ?? Buffer.alloc(32);
  expect(open(key, { table: 'behaviour_event', column: 'query', row: search.id }, sealed)).toBe(
    'gift for Anna',
  );
});
