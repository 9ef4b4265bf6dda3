import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { anonymousCaller, guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import type { SubgraphRequest } from '../../shared/subgraph.js';
import { registrationOf, startUsers, uniqueName, type UsersUnderTest } from './users.js';

const callsToOrders: SubgraphRequest[] = [];
let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers({
    orders: {
      execute: async (request) => {
        callsToOrders.push(request);
        return { data: { mergeGuestCart: { userErrors: [] } } };
      },
    },
  });
});
afterAll(() => shop.close());

const query = `mutation ($input: RegisterInput!) {
  register(input: $input) { user { id email } session { accessToken refreshToken } userErrors { code field } }
}`;
interface Registered {
  user: { id: string; email: string } | null;
  session: { accessToken: string; refreshToken: string } | null;
  userErrors: { code: string; field: string[] }[];
}
const register = async (input: object, caller: Caller = anonymousCaller()): Promise<Registered> =>
  (await shop.ask<{ register: Registered }>(caller, query, { input })).register;
const codeOf = (input: object): Promise<unknown> => shop.errorCode(anonymousCaller(), query, { input });

const openSessionsOf = (subjectId: string): Promise<number> =>
  shop.db.session.count({ where: { subjectId, endedAt: null } });
const typesOf = async (aggregateId: string): Promise<string[]> =>
  (await shop.db.outboxEvent.findMany({ where: { aggregateId }, orderBy: { aggregateSeq: 'asc' } })).map(
    ({ type }) => type,
  );

test('a registration that is repeated gives the same user with a session of its own, and nothing is made twice', async () => {
  const input = registrationOf();
  const first = await register(input);
  const accounts = await shop.db.userAccount.count();
  const again = await register(input);
  const id = first.user?.id ?? '';
  expect(again).toMatchObject({ user: { id, email: input.email }, userErrors: [] });
  const sessions = [first, again].map(({ session }) => decodeJwt(session?.accessToken ?? ''));
  expect(sessions).toMatchObject([
    { kind: 'user', sub: id },
    { kind: 'user', sub: id, roles: ['customer'] },
  ]);
  expect(sessions[0]?.['sid']).not.toBe(sessions[1]?.['sid']);
  expect(again.session?.refreshToken).not.toBe(first.session?.refreshToken);
  expect(await shop.db.userAccount.count()).toBe(accounts);
  expect(await typesOf(id)).toEqual(['UserRegistered', 'UserLoggedIn', 'UserLoggedIn']);
});

test('of two registrations with one key at once one makes the account and both are signed in', async () => {
  const input = registrationOf();
  const accounts = await shop.db.userAccount.count();
  const twins = await shop.meetAt('idempotency_key', 3, () =>
    Promise.all([1, 2, 3].map(() => register(input))),
  );
  expect(twins.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  const [id = '', ...others] = new Set(twins.map(({ user }) => user?.id));
  expect(others).toEqual([]);
  expect(await shop.db.userAccount.count()).toBe(accounts + 1);
  expect(await openSessionsOf(id)).toBe(3);
  expect((await typesOf(id)).filter((type) => type === 'UserRegistered')).toHaveLength(1);
});

test('what stops between the account and its session is finished by the repeat', async () => {
  const input = registrationOf();
  await shop.db.$executeRaw`ALTER TABLE session ADD CONSTRAINT broken CHECK (false) NOT VALID`;
  expect(await codeOf(input)).toBe('INTERNAL_SERVER_ERROR');
  await shop.db.$executeRaw`ALTER TABLE session DROP CONSTRAINT broken`;
  const { user, session, userErrors } = await register(input);
  expect(userErrors).toEqual([]);
  expect(decodeJwt(session?.accessToken ?? '').sub).toBe(user?.id);
  expect(await typesOf(user?.id ?? '')).toEqual(['UserRegistered', 'UserLoggedIn']);
});

test("a guest's repeat asks for the cart again", async () => {
  const input = registrationOf();
  const guest = guestCaller();
  await register(input, guest);
  callsToOrders.length = 0;
  const { user } = await register(input, guest);
  expect(callsToOrders.map(({ variables }) => variables)).toEqual([
    { input: { guestId: guest.claims?.['sub'], customerId: user?.id } },
  ]);
});

test.each([
  ['another password', () => ({ password: 'wrong horse battery' })],
  ['another first name', () => ({ firstName: 'Anna' })],
  ['another username', () => ({ username: uniqueName() })],
  ['no locale', () => ({ locale: null })],
])('the key with %s is refused and begins nothing', async (_what, changes) => {
  const input = registrationOf();
  const { user } = await register(input);
  const row = await shop.db.userAccount.findUniqueOrThrow({ where: { id: user?.id ?? '' } });
  const accounts = await shop.db.userAccount.count();
  expect(await codeOf({ ...input, ...changes() })).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(await shop.db.userAccount.findUniqueOrThrow({ where: { id: row.id } })).toEqual(row);
  expect(await shop.db.userAccount.count()).toBe(accounts);
  expect(await openSessionsOf(row.id)).toBe(1);
});

test('another key is another registration, and a key is no way into the account of another address', async () => {
  const input = registrationOf();
  const { user } = await register(input);
  const other = await register({ ...input, idempotencyKey: newId() });
  expect(other).toMatchObject({ user: null, session: null });
  expect(other.userErrors.map(({ code }) => code)).toEqual(['EMAIL_TAKEN', 'USERNAME_TAKEN']);
  const stranger = await register(registrationOf({ idempotencyKey: input.idempotencyKey }));
  expect(stranger.userErrors).toEqual([]);
  expect(stranger.user?.id).not.toBe(user?.id);
  expect(await openSessionsOf(user?.id ?? '')).toBe(1);
});

test('what is noted of a registration tells nothing of the person, and goes with the account', async () => {
  const input = registrationOf();
  const { session } = await register(input);
  const rows = await shop.db.idempotencyKey.findMany({ where: { key: input.idempotencyKey } });
  expect(rows.map(({ operation }) => operation)).toEqual(['register']);
  const noted = JSON.stringify(rows).toLowerCase();
  for (const secret of [input.email, input.username, input.password, input.firstName])
    expect(noted.includes(secret.toLowerCase())).toBe(false);

  const claims = decodeJwt(session?.accessToken ?? '');
  await shop.ask(
    { claims, headers: {}, correlationId: 'test' },
    'mutation ($input: DeleteMyAccountInput!) { deleteMyAccount(input: $input) { deletedUserId } }',
    { input: { password: input.password } },
  );
  expect(await shop.db.idempotencyKey.count({ where: { key: input.idempotencyKey } })).toBe(0);
});
