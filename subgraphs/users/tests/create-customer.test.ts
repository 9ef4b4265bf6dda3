import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import { password, service, startUsers, uniqueName, type NewUser, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
let admin: NewUser;
beforeAll(async () => {
  shop = await startUsers();
  admin = await shop.newUser('ADMIN');
});
afterAll(() => shop.close());

const fields = 'id email username displayName firstName lastName locale currencyCode roles version';
const query = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { created user { ${fields} } userErrors { code field } }
}`;
interface Created {
  created: boolean | null;
  user: ({ id: string; username: string } & Record<string, unknown>) | null;
  userErrors: { code: string; field: string[] }[];
}
const customerOf = (changes: object = {}) => ({
  email: `${uniqueName()}@Example.com`,
  firstName: ' Ida ',
  lastName: 'Holm',
  ...changes,
});
const createCustomer = async (input: object, caller: Caller = admin.caller): Promise<Created> =>
  (await shop.ask<{ createCustomer: Created }>(caller, query, { input })).createCustomer;

test("staff make a customer's account: with a name that tells nothing, without a password, in the shop's language", async () => {
  const input = customerOf();
  const abroad = { ...admin.caller, headers: { 'accept-language': 'fr-FR', 'x-currency': 'JPY' } };
  const { created, user, userErrors } = await createCustomer(input, abroad);
  expect([created, userErrors]).toEqual([true, []]);
  const { shop: ours } = shop.parts.config;
  expect(user).toEqual({
    id: user?.id,
    email: input.email,
    username: user?.username,
    displayName: user?.username,
    firstName: 'Ida',
    lastName: 'Holm',
    locale: ours.locale,
    currencyCode: ours.currencyCode,
    roles: ['CUSTOMER'],
    version: 1,
  });
  expect(user?.username).toMatch(/^customer-[a-z0-9]{11}$/);
  // What was answered is what is stored.
  expect(
    await shop.ask(admin.caller, `query ($id: ID!) { user(id: $id) { ${fields} } }`, user ?? {}),
  ).toEqual({ user });
  const row = await shop.db.userAccount.findUniqueOrThrow({ where: { id: user?.id ?? '' } });
  expect(row.passwordHash).toBeNull();
  const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }';
  expect(
    await shop.ask(anonymousCaller(), signIn, { input: { email: input.email, password } }),
  ).toMatchObject({ signIn: { userErrors: [{ code: 'INVALID_CREDENTIALS' }] } });
});

test('the log says who made the account, and the event that the customer did not', async () => {
  const { user } = await createCustomer(customerOf({ locale: 'de-DE' }));
  const entryOf = (userId: string | undefined) =>
    shop.db.auditEntry.findMany({
      where: { userId: userId ?? '' },
      select: { action: true, actorKind: true, actorId: true, details: true },
    });
  expect(await entryOf(user?.id)).toEqual([
    { action: 'ACCOUNT_CREATED', actorKind: 'user', actorId: admin.id, details: { roles: ['customer'] } },
  ]);
  const imported = await shop.newUser('SUPPORT');
  expect(await entryOf(imported.id)).toMatchObject([
    { action: 'ACCOUNT_CREATED', actorKind: 'service', actorId: 'test' },
  ]);
  const events = await shop.db.outboxEvent.findMany({ where: { aggregateId: user?.id ?? '' } });
  expect(events.map(({ type, payload }) => [type, payload])).toEqual([
    ['UserRegistered', { userId: user?.id, locale: 'de-DE', madeByOthers: true }],
  ]);
});

test('an address that has an account is left as it is, also when two arrive at once', async () => {
  const input = customerOf();
  const twins = await shop.meetAt('user_account', 3, () =>
    Promise.all([1, 2, 3].map(() => createCustomer(input))),
  );
  expect(twins.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  expect(twins.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(twins.map(({ user }) => user?.id)).size).toBe(1);
  const id = twins[0]?.user?.id ?? '';
  const before = await shop.db.userAccount.findUniqueOrThrow({ where: { id } });
  const again = await createCustomer({ ...input, email: input.email.toUpperCase(), firstName: 'Eva' });
  expect(again).toMatchObject({ created: false, user: { id, firstName: 'Ida' }, userErrors: [] });
  expect(await shop.db.userAccount.findUniqueOrThrow({ where: { id } })).toEqual(before);
  expect(await shop.db.outboxEvent.count({ where: { aggregateId: id } })).toBe(1);

  const registered = await shop.newUser();
  expect(await createCustomer(customerOf({ email: registered.email }))).toMatchObject({
    created: false,
    user: { id: registered.id, username: registered.username },
  });
});

test('a username can be given; one that is taken or wrong makes no account', async () => {
  const username = uniqueName();
  expect((await createCustomer(customerOf({ username }))).user?.username).toBe(username);
  const before = await shop.db.userAccount.count();
  const refused = (code: string, field: string) => ({
    created: null,
    user: null,
    userErrors: [{ code, field: [field] }],
  });
  const taken = await createCustomer(customerOf({ username: username.toUpperCase() }));
  expect(taken).toEqual(refused('USERNAME_TAKEN', 'username'));
  expect(await createCustomer(customerOf({ username: 'x' }))).toEqual(
    refused('INVALID_USERNAME', 'username'),
  );
  expect(await createCustomer(customerOf({ lastName: ' ' }))).toEqual(refused('INVALID_INPUT', 'lastName'));
  expect(await shop.db.userAccount.count()).toBe(before);
});

test('only staff who may write accounts make them', async () => {
  const manager = await shop.newUser('MANAGER');
  const customer = await shop.newUser();
  const before = await shop.db.userAccount.count();
  const codes = await Promise.all(
    [manager.caller, customer.caller, anonymousCaller()].map((caller) =>
      shop.errorCode(caller, query, { input: customerOf() }),
    ),
  );
  expect(codes).toEqual(['FORBIDDEN', 'FORBIDDEN', 'UNAUTHENTICATED']);
  expect(await shop.db.userAccount.count()).toBe(before);
});

test('a customer costs few statements', async () => {
  const count = async (input: object): Promise<number> => {
    const stop = recordStatements();
    await createCustomer(input);
    return stop().filter((statement) => !/^(BEGIN|COMMIT)/.test(statement)).length;
  };
  await createCustomer(customerOf());
  const input = customerOf();
  // Look for the address; key, account, log, event.
  expect({ made: await count(input), there: await count(input) }).toEqual({ made: 5, there: 3 });
  expect(await shop.errorCode(service, query, { input })).toBeUndefined();
});
