import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { maxWishlistItems } from '../wishlist/rules.js';
import { startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

const add = `mutation ($input: AddToWishlistInput!) { addToWishlist(input: $input) { user { id } userErrors { code } } }`;
const addToWishlist = (caller: Caller, variantId: string) => shop.ask(caller, add, { input: { variantId } });
const remove = `mutation ($input: RemoveFromWishlistInput!) {
  removeFromWishlist(input: $input) { user { wishlist { nodes { id } } } userErrors { code } }
}`;
interface Wishlist {
  edges: { node: { id: string }; addedAt: string }[];
  nodes: { id: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}
const wishlistOf = async (caller: Caller, first = 20, after?: string): Promise<Wishlist> => {
  const query = `query ($first: Int, $after: String) { me { wishlist(first: $first, after: $after) {
    edges { node { id } addedAt } nodes { id } pageInfo { hasNextPage endCursor }
  } } }`;
  return (await shop.ask<{ me: { wishlist: Wishlist } }>(caller, query, { first, after })).me.wishlist;
};
const idsOf = ({ nodes }: Wishlist): string[] => nodes.map(({ id }) => id);

test('what is put on a wishlist stands there once, the newest first, page by page', async () => {
  const { caller, id } = await shop.newUser();
  const variants = [shop.parts.newId(), shop.parts.newId(), shop.parts.newId()];
  for (const variantId of variants) {
    const answer = { addToWishlist: { user: { id }, userErrors: [] } };
    expect(await addToWishlist(caller, variantId)).toEqual(answer);
    expect(await Promise.all([1, 2].map(() => addToWishlist(caller, variantId)))).toEqual([answer, answer]);
    shop.parts.testClock.advance(1_000);
  }
  const [first = '', second = '', third = ''] = variants;
  const page = await wishlistOf(caller, 2);
  expect(idsOf(page)).toEqual([third, second]);
  expect(page.edges.map(({ node }) => node.id)).toEqual([third, second]);
  expect(page.pageInfo.hasNextPage).toBe(true);
  const next = await wishlistOf(caller, 2, page.pageInfo.endCursor);
  expect([idsOf(next), next.pageInfo.hasNextPage]).toEqual([[first], false]);
});

test('a page that is read twice in one request shows each time what is there by then', async () => {
  const { caller } = await shop.newUser();
  const [one, two] = [shop.parts.newId(), shop.parts.newId()];
  const added = (alias: string, id: string): string =>
    `${alias}: addToWishlist(input: { variantId: "${id}" }) { user { wishlist { nodes { id } } } }`;
  const both = await shop.ask<Record<string, { user: { wishlist: Wishlist } }>>(
    caller,
    `mutation { ${added('first', one)} ${added('second', two)} }`,
  );
  const shown = ['first', 'second'].map((alias) => {
    const { user } = both[alias] ?? {};
    return user ? idsOf(user.wishlist).sort() : [];
  });
  expect(shown).toEqual([[one], [one, two].sort()]);
});

test('what is taken off is gone, and nobody else is touched', async () => {
  const [one, two] = [await shop.newUser(), await shop.newUser()];
  const variantId = shop.parts.newId();
  await addToWishlist(one.caller, variantId);
  await addToWishlist(two.caller, variantId);
  for (let time = 0; time < 2; time += 1) {
    expect(await shop.ask(one.caller, remove, { input: { variantId } })).toEqual({
      removeFromWishlist: { user: { wishlist: { nodes: [] } }, userErrors: [] },
    });
  }
  expect(idsOf(await wishlistOf(two.caller))).toEqual([variantId]);
});

test('guests have none, an id that is none is not found, and a full list stays as it is', async () => {
  expect(await shop.errorCode(guestCaller(), add, { input: { variantId: shop.parts.newId() } })).toBe(
    'UNAUTHENTICATED',
  );
  const { caller, id } = await shop.newUser();
  expect(await addToWishlist(caller, 'no id')).toEqual({
    addToWishlist: { user: null, userErrors: [{ code: 'NOT_FOUND' }] },
  });
  const addedAt = shop.parts.clock();
  await shop.db.wishlistItem.createMany({
    data: Array.from({ length: maxWishlistItems }, () => ({
      userId: id,
      variantId: shop.parts.newId(),
      addedAt,
    })),
  });
  expect(await addToWishlist(caller, shop.parts.newId())).toEqual({
    addToWishlist: { user: null, userErrors: [{ code: 'WISHLIST_FULL' }] },
  });
  const [there = ''] = idsOf(await wishlistOf(caller, 1));
  expect(await addToWishlist(caller, there)).toMatchObject({ addToWishlist: { userErrors: [] } });
  expect(await shop.db.wishlistItem.count({ where: { userId: id } })).toBe(maxWishlistItems);
  expect(await shop.errorCode(caller, '{ me { wishlist(first: 101) { nodes { id } } } }')).toBe(
    'BAD_USER_INPUT',
  );
});
