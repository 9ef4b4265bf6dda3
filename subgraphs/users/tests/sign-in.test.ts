import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { anonymousCaller, guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import type { SubgraphRequest } from '../../shared/subgraph.js';
import { createUsers } from '../main.js';
import { password, registrationOf, service, startUsers, uniqueName, type UsersUnderTest } from './users.js';

const callsToOrders: SubgraphRequest[] = [];
let ordersAreDown = false;
let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers({
    orders: {
      execute: async (request) => {
        callsToOrders.push(request);
        if (ordersAreDown) throw new Error('orders is down');
        return { data: { mergeGuestCart: { userErrors: [] } } };
      },
    },
  });
});
afterAll(() => shop.close());

interface SessionData {
  accessToken: string;
  expiresAt: string;
  refreshToken: string;
  user: { id: string; email: string } | null;
}
interface Signed {
  user: { id: string; email: string; displayName: string } | null;
  session: SessionData | null;
  userErrors: { code: string; field: string[] | null }[];
}

const session = 'session { accessToken expiresAt refreshToken user { id email } }';
const errors = 'userErrors { code field }';

const register = async (input: object, caller: Caller = anonymousCaller()): Promise<Signed> => {
  const query = `mutation ($input: RegisterInput!) {
    register(input: $input) { user { id email displayName } ${session} ${errors} }
  }`;
  return (await shop.ask<{ register: Signed }>(caller, query, { input })).register;
};

const signIn = async (input: object, caller: Caller = anonymousCaller()): Promise<Signed> => {
  const query = `mutation ($input: SignInInput!) {
    signIn(input: $input) { user { id email displayName } ${session} ${errors} }
  }`;
  return (await shop.ask<{ signIn: Signed }>(caller, query, { input })).signIn;
};

const claimsOf = async (token: string | undefined): Promise<Record<string, unknown>> => {
  const { signingKeys } = await shop.ask<{ signingKeys: JSONWebKeySet['keys'] }>(service, '{ signingKeys }');
  const keys = createLocalJWKSet({ keys: signingKeys });
  const options = { issuer: 'hanse', audience: 'hanse', currentDate: shop.parts.clock() };
  return (await jwtVerify(token ?? '', keys, options)).payload;
};

const callerOf = async (token: string | undefined): Promise<Caller> => ({
  claims: await claimsOf(token),
  headers: {},
  correlationId: 'test',
});

const eventsOf = (aggregateId: string) =>
  shop.db.outboxEvent.findMany({ where: { aggregateId }, orderBy: { aggregateSeq: 'asc' } });

test('a visitor becomes a guest with a token that the gateway can verify', async () => {
  const { signInAsGuest } = await shop.ask<{ signInAsGuest: Signed }>(
    anonymousCaller(),
    `mutation { signInAsGuest { ${session} ${errors} } }`,
  );
  expect(signInAsGuest.session?.user).toBeNull();
  const claims = await claimsOf(signInAsGuest.session?.accessToken);
  expect(claims).toMatchObject({ kind: 'guest', roles: [], iss: 'hanse', aud: 'hanse' });
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
  const stored = await shop.db.session.findUniqueOrThrow({
    where: { id: String(claims['sid']) },
    include: { refreshTokens: true },
  });
  expect([stored.subjectId, stored.kind]).toEqual([claims['sub'], 'guest']);
  expect(Buffer.from(stored.refreshTokens[0]?.hash ?? []).toString('base64url')).not.toBe(
    signInAsGuest.session?.refreshToken,
  );
  expect(await shop.ask({ ...anonymousCaller(), claims }, '{ me { id } }')).toEqual({ me: null });
});

test('who registers is signed in, can read themselves, and is told of by two events without personal data', async () => {
  const input = registrationOf({ email: ` Ann.${uniqueName()}@Example.com`.trim() });
  const { user, session: begun, userErrors } = await register(input);
  expect(userErrors).toEqual([]);
  expect(user).toEqual({ id: user?.id, email: input.email, displayName: input.username });
  expect(begun?.user?.id).toBe(user?.id);
  const caller = await callerOf(begun?.accessToken);
  expect(caller.claims).toMatchObject({ kind: 'user', sub: user?.id, roles: ['customer'] });
  const fields =
    'me { id email firstName lastName locale currencyCode roles version preferences { email theme timeZone } }';
  expect(await shop.ask(caller, `{ ${fields} }`)).toEqual({
    me: {
      id: user?.id,
      email: input.email,
      firstName: 'Ann',
      lastName: 'Lee',
      locale: 'de-DE',
      currencyCode: 'EUR',
      roles: ['CUSTOMER'],
      version: 1,
      preferences: { email: true, theme: 'AUTO', timeZone: 'UTC' },
    },
  });
  const events = await eventsOf(user?.id ?? '');
  expect(events.map(({ type, payload }) => [type, payload])).toEqual([
    ['UserRegistered', { userId: user?.id, locale: 'de-DE' }],
    ['UserLoggedIn', { userId: user?.id, sessionId: caller.claims?.['sid'], guestId: null }],
  ]);
});

test('nothing personal stands in the tables as it was typed', async () => {
  const username = uniqueName();
  const email = `visible-${username}@example.com`;
  await register(registrationOf({ username, email, firstName: 'Visiblefirst', lastName: 'Visiblelast' }));
  const tables = ['user_account', 'audit_entry', 'outbox', 'session'];
  for (const table of tables) {
    const rows = await shop.db.$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS row FROM ${table} t`);
    const text = rows
      .map(({ row }) =>
        row.replaceAll(/\\x([0-9a-f]+)/g, (_m, hex: string) => Buffer.from(hex, 'hex').toString('latin1')),
      )
      .join('\n');
    expect(rows.length).toBeGreaterThan(0);
    for (const secret of [username, 'visible-', 'Visiblefirst', 'Visiblelast', password]) {
      expect(text.includes(secret)).toBe(false);
    }
  }
});

test.each([
  [{ username: 'x' }, 'INVALID_USERNAME', 'username'],
  [{ username: '-starts-wrong' }, 'INVALID_USERNAME', 'username'],
  [{ password: 'short' }, 'WEAK_PASSWORD', 'password'],
  [{ password: 'Password1234!' }, 'WEAK_PASSWORD', 'password'],
  [{ firstName: '   ' }, 'INVALID_INPUT', 'firstName'],
])('%j is refused and makes no account', async (changes, code, field) => {
  const before = await shop.db.userAccount.count();
  const { user, session: begun, userErrors } = await register(registrationOf(changes));
  expect([user, begun]).toEqual([null, null]);
  expect(userErrors).toEqual([{ code, field: [field] }]);
  expect(await shop.db.userAccount.count()).toBe(before);
});

test('an address and a username are taken once, whatever their case, also by two at once', async () => {
  const first = registrationOf();
  await register(first);
  const before = await shop.db.userAccount.count();
  const again = await register(
    registrationOf({ email: first.email.toUpperCase(), username: first.username.toUpperCase() }),
  );
  expect(again.userErrors).toEqual([
    { code: 'EMAIL_TAKEN', field: ['email'] },
    { code: 'USERNAME_TAKEN', field: ['username'] },
  ]);
  expect(await shop.db.userAccount.count()).toBe(before);
  const twin = registrationOf();
  const twins = await Promise.all(
    [1, 2, 3].map(() => register({ ...twin, idempotencyKey: shop.parts.newId() })),
  );
  expect(twins.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
  expect(await shop.db.userAccount.count()).toBe(before + 1);
});

test('signing in needs the right password, and does not tell whether there is an account', async () => {
  const input = registrationOf();
  const { user } = await register(input);
  const right = await signIn({ email: input.email.toUpperCase(), password });
  expect(right.user?.id).toBe(user?.id);
  const sessions = await shop.db.session.count();
  const wrong = await signIn({ email: input.email, password: 'wrong horse battery' });
  const unknown = await signIn({ email: `nobody-${input.email}`, password });
  expect(wrong).toEqual({
    user: null,
    session: null,
    userErrors: [{ code: 'INVALID_CREDENTIALS', field: [] }],
  });
  expect(unknown).toEqual(wrong);
  expect(await shop.db.session.count()).toBe(sessions);
  const log = await shop.db.auditEntry.findMany({
    where: { userId: user?.id ?? '' },
    orderBy: { id: 'asc' },
  });
  expect(log.map(({ action }) => action)).toEqual(['REGISTERED', 'SIGNED_IN', 'SIGNED_IN', 'SIGN_IN_FAILED']);
  expect(await shop.db.auditEntry.count({ where: { userId: null, action: 'SIGN_IN_FAILED' } })).toBe(1);
});

test("signing in as a guest ends the guest's session, and orders is asked for the cart", async () => {
  const input = registrationOf();
  const { user } = await register(input);
  const { signInAsGuest } = await shop.ask<{ signInAsGuest: Signed }>(
    anonymousCaller(),
    `mutation { signInAsGuest { ${session} } }`,
  );
  const guest = await callerOf(signInAsGuest.session?.accessToken);
  const guestId = guest.claims?.['sub'];
  callsToOrders.length = 0;
  const signed = await signIn({ email: input.email, password }, guest);
  expect(callsToOrders.map(({ variables, caller }) => [variables, caller.claims])).toEqual([
    [{ input: { guestId, customerId: user?.id } }, { kind: 'service', sub: 'users' }],
  ]);
  expect(signed.session?.user?.id).toBe(user?.id);
  const ended = await shop.db.session.findMany({ where: { subjectId: String(guestId) } });
  expect(ended.map(({ endReason }) => endReason)).toEqual(['JOINED_ACCOUNT']);
  const events = await eventsOf(user?.id ?? '');
  expect(events.at(-1)?.payload).toMatchObject({ userId: user?.id, guestId });
});

test('signing in works while orders is down', async () => {
  const input = registrationOf();
  await register(input);
  ordersAreDown = true;
  const { userErrors } = await signIn({ email: input.email, password }, guestCaller());
  ordersAreDown = false;
  expect(userErrors).toEqual([]);
});

test('processes that start at once make one signing key between them', async () => {
  const others = await Promise.all([1, 2, 3].map(() => createUsers(shop.parts)));
  await shop.db.signingKey.deleteMany();
  await shop.meetAt('signing_key', 3, () => Promise.all(others.map((one) => one.start())));
  const published = await Promise.all(
    others.map((one) => one.execute({ query: '{ signingKeys }', caller: service })),
  );
  expect(await shop.db.signingKey.count()).toBe(1);
  expect(new Set(published.map(({ data }) => JSON.stringify(data))).size).toBe(1);
  expect(JSON.stringify(published[0]?.data)).not.toContain('"d"');
  expect(await shop.errorCode(anonymousCaller(), '{ signingKeys }')).toBe('FORBIDDEN');
  await Promise.all(others.map((one) => one.stop()));
  shop.parts.testClock.advance(61_000); // the key that was deleted above is remembered for a minute
});

test('an import makes an account once per address', async () => {
  const { password: _password, idempotencyKey: _key, ...input } = registrationOf({ roles: ['ADMIN'] });
  const query = `mutation ($input: CreateUserInput!) { createUser(input: $input) { created user { id roles } ${errors} } }`;
  type Created = { createUser: { created: boolean; user: { id: string; roles: string[] } } };
  const all = await Promise.all([1, 2].map(() => shop.ask<Created>(service, query, { input })));
  all.push(await shop.ask<Created>(service, query, { input }));
  expect(all.filter(({ createUser }) => createUser.created)).toHaveLength(1);
  expect(new Set(all.map(({ createUser }) => createUser.user.id)).size).toBe(1);
  expect(all[0]?.createUser.user.roles).toEqual(['CUSTOMER', 'ADMIN']);
  expect((await signIn({ email: input.email, password })).userErrors).toMatchObject([
    { code: 'INVALID_CREDENTIALS' },
  ]);
  expect(await shop.errorCode(anonymousCaller(), query, { input })).toBe('FORBIDDEN');
});

test('signing in costs few statements', async () => {
  const input = registrationOf();
  const { session: begun } = await register(input);
  const caller = await callerOf(begun?.accessToken);
  const count = async (work: () => Promise<unknown>): Promise<number> => {
    await work();
    const stop = recordStatements();
    await work();
    return stop().filter((statement) => !/^(BEGIN|COMMIT)/.test(statement)).length;
  };
  expect({
    signInAsGuest: await count(() =>
      shop.ask(anonymousCaller(), 'mutation { signInAsGuest { session { accessToken } } }'),
    ),
    signIn: await count(() => signIn({ email: input.email, password })),
    me: await count(() => shop.ask(caller, '{ me { id email } }')),
  }).toEqual({ signInAsGuest: 1, signIn: 5, me: 1 });
});
