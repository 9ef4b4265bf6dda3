import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import { password, service, startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

const profileFields = 'username firstName lastName phone dateOfBirth avatarUrl locale currencyCode version';
const updateProfile = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { user { ${profileFields} } userErrors { code field ... on VersionConflictError { currentVersion } } }
}`;
const profileOf = async (id: string): Promise<unknown> =>
  (
    await shop.ask<{ user: unknown }>(service, `query ($id: ID!) { user(id: $id) { ${profileFields} } }`, {
      id,
    })
  ).user;

test('a profile changes where it is told to, and only there', async () => {
  const { id, caller, username } = await shop.newUser();
  const before = {
    username,
    firstName: 'Ann',
    lastName: 'Lee',
    locale: 'en-GB',
    currencyCode: 'EUR',
    version: 1,
  };
  expect(await profileOf(id)).toEqual({ ...before, phone: null, dateOfBirth: null, avatarUrl: null });
  const changes = {
    firstName: ' Anne ',
    phone: '+4930123456',
    dateOfBirth: '1990-02-28',
    avatarUrl: 'https://example.com/a.png',
    locale: 'de-DE',
    currencyCode: 'CHF',
  };
  const after = { ...before, ...changes, firstName: 'Anne', version: 2 };
  expect(await shop.ask(caller, updateProfile, { input: { ...changes, expectedVersion: 1 } })).toEqual({
    updateProfile: { user: after, userErrors: [] },
  });
  expect(await profileOf(id)).toEqual(after);
  await shop.ask(caller, updateProfile, { input: { phone: null, avatarUrl: null, firstName: null } });
  expect(await profileOf(id)).toEqual({ ...after, phone: null, avatarUrl: null, version: 3 });
});

test.each([
  [{ firstName: '' }, 'INVALID_INPUT', 'firstName'],
  [{ dateOfBirth: '2999-01-01' }, 'INVALID_INPUT', 'dateOfBirth'],
  [{ avatarUrl: 'http://example.com/a.png' }, 'INVALID_INPUT', 'avatarUrl'],
  [{ username: 'no blanks please' }, 'INVALID_USERNAME', 'username'],
])('%j changes nothing', async (changes, code, field) => {
  const { id, caller } = await shop.newUser();
  const before = await profileOf(id);
  const input = { lastName: 'Other', ...changes };
  expect(await shop.ask(caller, updateProfile, { input })).toEqual({
    updateProfile: { user: null, userErrors: [{ code, field: [field] }] },
  });
  expect(await profileOf(id)).toEqual(before);
});

test('an old version and a taken username change nothing', async () => {
  const { id, caller, username } = await shop.newUser();
  const other = await shop.newUser();
  const before = await profileOf(id);
  expect(await shop.ask(caller, updateProfile, { input: { lastName: 'X', expectedVersion: 7 } })).toEqual({
    updateProfile: {
      user: null,
      userErrors: [{ code: 'VERSION_CONFLICT', field: ['expectedVersion'], currentVersion: 1 }],
    },
  });
  expect(
    await shop.ask(caller, updateProfile, { input: { username: other.username.toUpperCase() } }),
  ).toEqual({
    updateProfile: { user: null, userErrors: [{ code: 'USERNAME_TAKEN', field: ['username'] }] },
  });
  expect(await profileOf(id)).toEqual(before);
  const renamed = await shop.ask<{ updateProfile: { userErrors: unknown[] } }>(caller, updateProfile, {
    input: { username: username.toUpperCase() },
  });
  expect(renamed.updateProfile.userErrors).toEqual([]);
});

test('two who take the same free username at once: one gets it', async () => {
  const all = await Promise.all([1, 2, 3, 4].map(() => shop.newUser()));
  const username = `free${all[0]?.username}`.slice(0, 20);
  type Updated = { updateProfile: { userErrors: { code: string }[] } };
  const answers = await Promise.all(
    all.map(({ caller }) => shop.ask<Updated>(caller, updateProfile, { input: { username } })),
  );
  expect(answers.flatMap(({ updateProfile: { userErrors } }) => userErrors.map(({ code }) => code))).toEqual(
    Array.from({ length: 3 }, () => 'USERNAME_TAKEN'),
  );
});

test('preferences change one by one', async () => {
  const { caller } = await shop.newUser();
  const query = `mutation ($input: UpdatePreferencesInput!) {
    updatePreferences(input: $input) { user { preferences { email sms push marketing theme timeZone } } userErrors { code } }
  }`;
  const initial = { email: true, sms: false, push: false, marketing: false, theme: 'AUTO', timeZone: 'UTC' };
  const changes = { email: false, theme: 'DARK', timeZone: 'Europe/Berlin' };
  const answer = (preferences: object) => ({ updatePreferences: { user: { preferences }, userErrors: [] } });
  expect(await shop.ask(caller, query, { input: changes })).toEqual(answer({ ...initial, ...changes }));
  expect(await shop.ask(caller, query, { input: { sms: true, email: null } })).toEqual(
    answer({ ...initial, ...changes, sms: true }),
  );
});

test('nobody but the user and staff sees more of a user than the name that they show', async () => {
  const { id, caller, email, username } = await shop.newUser();
  const other = await shop.newUser();
  const query = 'query ($id: ID!) { user(id: $id) { email } }';
  expect(await shop.ask(caller, query, { id })).toEqual({ user: { email } });
  expect(await shop.ask(staffCaller('support'), query, { id })).toEqual({ user: { email } });
  for (const stranger of [other.caller, guestCaller(), anonymousCaller(), staffCaller('warehouse')]) {
    expect(await shop.ask(stranger, query, { id })).toEqual({ user: null });
  }
  const entity = (fields: string) =>
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { ${fields} } } }`;
  const representations = {
    r: [
      { __typename: 'User', id },
      { __typename: 'User', id: 'no id' },
    ],
  };
  expect(await shop.ask(other.caller, entity('displayName'), representations)).toEqual({
    _entities: [{ displayName: username }, null],
  });
  expect(await shop.errorCode(other.caller, entity('email'), representations)).toBe('FORBIDDEN');
  expect(await shop.ask(caller, '{ me { email } }')).toEqual({ me: { email } });
});

test('staff page through all accounts and find one by its address; nobody else may', async () => {
  const made = [];
  for (let i = 0; i < 3; i += 1) made.push(await shop.newUser());
  const support = staffCaller('support');
  const page = `query ($after: String) { users(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`;
  type Page = { users: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
  const first = await shop.ask<Page>(support, page);
  const second = await shop.ask<Page>(support, page, { after: first.users.pageInfo.endCursor });
  const ids = [...first.users.nodes, ...second.users.nodes].map(({ id }) => id);
  expect(ids.slice(0, 3)).toEqual(made.map(({ id }) => id).reverse());
  expect(new Set(ids).size).toBe(4);
  expect(first.users.pageInfo.hasNextPage).toBe(true);
  const byEmail = 'query ($email: EmailAddress!) { users(email: $email) { nodes { id } } }';
  expect(await shop.ask(support, byEmail, { email: made[1]?.email.toLowerCase() })).toEqual({
    users: { nodes: [{ id: made[1]?.id }] },
  });
  expect(await shop.errorCode(made[0]?.caller ?? support, page)).toBe('FORBIDDEN');
  expect(await shop.errorCode(anonymousCaller(), page)).toBe('UNAUTHENTICATED');
});

const assign = `mutation ($input: AssignRolesInput!) {
  assignRoles(input: $input) { user { roles } userErrors { code field } }
}`;

test('an admin assigns roles, which is in the audit log; managers and customers may not', async () => {
  const admin = await shop.newUser('ADMIN');
  const { id, caller } = await shop.newUser();
  const input = { userId: id, roles: ['WAREHOUSE', 'SUPPORT'] };
  for (const stranger of [caller, staffCaller('manager')]) {
    expect(await shop.errorCode(stranger, assign, { input })).toBe('FORBIDDEN');
  }
  expect((await shop.db.userAccount.findUniqueOrThrow({ where: { id } })).roles).toEqual(['customer']);
  expect(await shop.ask(admin.caller, assign, { input })).toEqual({
    assignRoles: { user: { roles: ['CUSTOMER', 'SUPPORT', 'WAREHOUSE'] }, userErrors: [] },
  });
  const log = `query ($id: ID!) { auditLog(userId: $id, first: 1) { nodes { action actorKind actorId details } } }`;
  expect(await shop.ask(admin.caller, log, { id })).toEqual({
    auditLog: {
      nodes: [
        {
          action: 'ROLES_ASSIGNED',
          actorKind: 'user',
          actorId: admin.id,
          details: { before: ['customer'], after: ['customer', 'support', 'warehouse'] },
        },
      ],
    },
  });
  expect(await shop.ask(admin.caller, assign, { input: { userId: 'nobody', roles: [] } })).toEqual({
    assignRoles: { user: null, userErrors: [{ code: 'NOT_FOUND', field: ['userId'] }] },
  });
});

test('the last admin stays, also when two admins dismiss each other at once', async () => {
  await shop.db.userAccount.updateMany({ data: { roles: ['customer'] } });
  const [one, two] = [await shop.newUser('ADMIN'), await shop.newUser('ADMIN')];
  const dismiss = (by: typeof one, whom: typeof one) =>
    shop.ask<{ assignRoles: { userErrors: { code: string }[] } }>(by.caller, assign, {
      input: { userId: whom.id, roles: [] },
    });
  const answers = await Promise.all([dismiss(one, two), dismiss(two, one)]);
  const codes = answers.flatMap(({ assignRoles }) => assignRoles.userErrors.map(({ code }) => code));
  expect(codes).toEqual(['LAST_ADMIN']);
  expect(await shop.db.userAccount.count({ where: { roles: { has: 'admin' } } })).toBe(1);
});

test('entries of the audit log cannot be changed or deleted', async () => {
  await shop.newUser();
  const before = await shop.db.auditEntry.count();
  await expect(shop.db.auditEntry.deleteMany()).rejects.toThrow('only ever added');
  await expect(shop.db.auditEntry.updateMany({ data: { action: 'NOTHING' } })).rejects.toThrow(
    'only ever added',
  );
  await expect(shop.db.$executeRawUnsafe('TRUNCATE audit_entry')).rejects.toThrow('only ever added');
  expect(await shop.db.auditEntry.count()).toBe(before);
});

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
    { input: address },
  );
  const twins = await Promise.all([1, 2].map(() => shop.ask(caller, deleteAccount, { input: { password } })));
  expect(twins).toContainEqual({ deleteMyAccount: { deletedUserId: id, userErrors: [] } });
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

test('a page of users with all that belongs to them costs the same for one user and for many', async () => {
  const made = [];
  for (let i = 0; i < 6; i += 1) made.push(await shop.newUser());
  const variantId = shop.parts.newId();
  for (const { caller } of made) {
    await shop.ask(
      caller,
      'mutation ($input: AddToWishlistInput!) { addToWishlist(input: $input) { user { id } } }',
      {
        input: { variantId },
      },
    );
  }
  const query = `query ($first: Int) { users(first: $first) { nodes {
    email addresses { city } wishlist(first: 2) { nodes { id } } notifications(first: 2) { nodes { message } } unreadNotificationCount
  } } }`;
  const cost = async (first: number): Promise<number> => {
    await shop.ask(service, query, { first });
    const stop = recordStatements();
    const { users } = await shop.ask<{ users: { nodes: { wishlist: { nodes: object[] } }[] } }>(
      service,
      query,
      {
        first,
      },
    );
    const statements = stop().length;
    expect(users.nodes.map(({ wishlist }) => wishlist.nodes)).toEqual(
      Array.from({ length: first }, () => [{ id: variantId }]),
    );
    return statements;
  };
  expect([await cost(1), await cost(6)]).toEqual([5, 5]);
});
