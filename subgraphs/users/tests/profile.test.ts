import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { service, startUsers, type UsersUnderTest } from './users.js';

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
  const answers = await shop.meetAt('user_account', 4, () =>
    Promise.all(all.map(({ caller }) => shop.ask<Updated>(caller, updateProfile, { input: { username } }))),
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
