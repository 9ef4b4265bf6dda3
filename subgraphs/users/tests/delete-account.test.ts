import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { password, service, startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

const userQuery = 'query ($id: ID!) { user(id: $id) { email firstName version } }';
const profileOf = async (id: string): Promise<unknown> =>
  (await shop.ask<{ user: unknown }>(service, userQuery, { id })).user;

const deleteAccount = `mutation ($input: DeleteMyAccountInput!) {
  deleteMyAccount(input: $input) { deletedUserId userErrors { code field } }
}`;

test('a wrong password deletes nothing', async () => {
  const { id, caller } = await shop.newUser();
  const before = await profileOf(id);
  expect(await shop.ask(caller, deleteAccount, { input: { password: 'wrong' } })).toEqual({
    deleteMyAccount: {
      deletedUserId: null,
      userErrors: [{ code: 'INVALID_CREDENTIALS', field: ['password'] }],
    },
  });
  expect(await profileOf(id)).toEqual(before);
});

test('a deleted account has no key, no personal data, no sessions and no way in, and is told of once', async () => {
  const { id, caller, email, username } = await shop.newUser();
  await shop.ask(
    anonymousCaller(),
    'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }',
    { input: { email, password } },
  );
  const address = { firstName: 'A', lastName: 'B', line1: 'C 1', city: 'D', postalCode: '1', country: 'DE' };
  await shop.ask(
    caller,
    `mutation ($input: SaveAddressInput!) { saveAddress(input: $input) { userErrors { code } } }`,
    { input: { idempotencyKey: 'home', ...address } },
  );
  const twins = await Promise.all([1, 2].map(() => shop.ask(caller, deleteAccount, { input: { password } })));
  const deleted = { deleteMyAccount: { deletedUserId: id, userErrors: [] } };
  expect(twins).toEqual([deleted, deleted]);
  // The answer was lost, and the access token is still good.
  expect(await shop.ask(caller, deleteAccount, { input: { password } })).toEqual(deleted);
  expect(await shop.db.subjectKey.count({ where: { subjectId: id } })).toBe(0);
  expect(await shop.db.address.count({ where: { userId: id } })).toBe(0);
  expect(await shop.db.session.count({ where: { subjectId: id, endedAt: null } })).toBe(0);
  expect(await shop.db.userAccount.findUniqueOrThrow({ where: { id } })).toMatchObject({
    email: null,
    emailIndex: null,
    usernameIndex: null,
    passwordHash: null,
    firstName: null,
  });
  expect(await shop.db.outboxEvent.count({ where: { aggregateId: id, type: 'UserDeleted' } })).toBe(1);
  expect(await shop.db.auditEntry.count({ where: { userId: id, action: 'ACCOUNT_DELETED' } })).toBe(1);
  expect(await profileOf(id)).toBeNull();
  expect(await shop.ask(caller, '{ me { id } }')).toEqual({ me: null });
  expect(
    await shop.ask(
      caller,
      'mutation ($input: AddToWishlistInput!) { addToWishlist(input: $input) { user { id } userErrors { code } } }',
      {
        input: { variantId: shop.parts.newId() },
      },
    ),
  ).toMatchObject({ addToWishlist: { user: null } });
  expect(await shop.db.wishlistItem.count({ where: { userId: id } })).toBe(0);
  const again = await shop.ask<{ createUser: { created: boolean } }>(
    service,
    `mutation ($input: CreateUserInput!) { createUser(input: $input) { created } }`,
    { input: { email, username, firstName: 'New', lastName: 'One' } },
  );
  expect(again.createUser.created).toBe(true);
});

test('the last admin cannot delete the own account', async () => {
  const { id, caller } = await shop.newUser('ADMIN');
  expect(await shop.ask(caller, deleteAccount, { input: { password } })).toEqual({
    deleteMyAccount: { deletedUserId: null, userErrors: [{ code: 'LAST_ADMIN', field: [] }] },
  });
  expect(await profileOf(id)).toMatchObject({ firstName: 'Ann' });
  expect(await shop.db.subjectKey.count({ where: { subjectId: id } })).toBe(1);
});
