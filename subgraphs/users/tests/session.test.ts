import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { accessTokenMs, refreshTokenMs, reuseGraceMs, sessionMs } from '../session/rules.js';
import { password, startUsers, type NewUser, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

interface Refreshed {
  session: { accessToken: string; refreshToken: string; user: { id: string } | null } | null;
  userErrors: { code: string }[];
}
interface Signed {
  signIn: { session: { accessToken: string; refreshToken: string } };
}

const refresh = async (refreshToken: string, idempotencyKey: string = newId()): Promise<Refreshed> => {
  const query = `mutation ($input: RefreshSessionInput!) {
    refreshSession(input: $input) { session { accessToken refreshToken user { id } } userErrors { code } }
  }`;
  const input = { idempotencyKey, refreshToken };
  return (await shop.ask<{ refreshSession: Refreshed }>(anonymousCaller(), query, { input })).refreshSession;
};
const codesOf = ({ userErrors }: Refreshed): string[] => userErrors.map(({ code }) => code);

interface Device {
  refreshToken: string;
  sessionId: string;
  caller: Caller;
}

const signIn = async ({ email, password: given }: NewUser & { password?: string }): Promise<Device> => {
  const { signIn: signed } = await shop.ask<Signed>(
    anonymousCaller(),
    'mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken refreshToken } } }',
    { input: { email, password: given ?? password } },
  );
  const claims = decodeJwt(signed.session.accessToken);
  return {
    refreshToken: signed.session.refreshToken,
    sessionId: String(claims['sid']),
    caller: { claims, headers: {}, correlationId: 'test' },
  };
};
const reasonOf = async (id: string) => (await shop.db.session.findUniqueOrThrow({ where: { id } })).endReason;

test('a refresh token is good for one new pair, with the same session and the roles of now', async () => {
  const user = await shop.newUser();
  const { refreshToken, sessionId } = await signIn(user);
  await shop.db.userAccount.update({ where: { id: user.id }, data: { roles: ['customer', 'support'] } });
  const { session } = await refresh(refreshToken);
  expect(session?.user?.id).toBe(user.id);
  expect(session?.refreshToken).not.toBe(refreshToken);
  expect(decodeJwt(session?.accessToken ?? '')).toMatchObject({
    sub: user.id,
    sid: sessionId,
    kind: 'user',
    roles: ['customer', 'support'],
  });
  expect((await refresh(session?.refreshToken ?? '')).userErrors).toEqual([]);
});

test("a guest's session is refreshed as a guest's", async () => {
  const { signInAsGuest } = await shop.ask<{
    signInAsGuest: { session: { accessToken: string; refreshToken: string } };
  }>(anonymousCaller(), 'mutation { signInAsGuest { session { accessToken refreshToken } } }');
  const { session } = await refresh(signInAsGuest.session.refreshToken);
  const before = decodeJwt(signInAsGuest.session.accessToken);
  expect(decodeJwt(session?.accessToken ?? '')).toMatchObject({
    sub: before.sub,
    sid: before['sid'],
    kind: 'guest',
  });
  expect(session?.user).toBeNull();
});

test('of refreshes at once one wins; the others are refused and the session lives on', async () => {
  const { refreshToken, sessionId } = await signIn(await shop.newUser());
  const all = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));
  const [winner, ...others] = all.filter(({ session }) => session);
  expect(others).toEqual([]);
  expect(all.flatMap(codesOf)).toEqual(Array.from({ length: 7 }, () => 'REFRESH_TOKEN_JUST_USED'));
  expect(await shop.db.refreshToken.count({ where: { sessionId } })).toBe(2);
  expect(codesOf(await refresh(winner?.session?.refreshToken ?? ''))).toEqual([]);
});

test('an old refresh token that comes back ends its session for both who hold it', async () => {
  const user = await shop.newUser();
  const { refreshToken, sessionId } = await signIn(user);
  const other = await signIn(user);
  const { session } = await refresh(refreshToken);
  shop.parts.testClock.advance(reuseGraceMs + 1_000);
  expect(codesOf(await refresh(refreshToken))).toEqual(['INVALID_REFRESH_TOKEN']);
  expect(await reasonOf(sessionId)).toBe('TOKEN_REUSED');
  expect(codesOf(await refresh(session?.refreshToken ?? ''))).toEqual(['INVALID_REFRESH_TOKEN']);
  expect(await reasonOf(other.sessionId)).toBeNull();
  const entries = await shop.db.auditEntry.findMany({
    where: { userId: user.id, action: 'REFRESH_TOKEN_REUSED' },
  });
  expect(entries.map(({ details }) => details)).toEqual([{ sessionId }]);
  expect(codesOf(await refresh(refreshToken))).toEqual(['INVALID_REFRESH_TOKEN']);
  expect(await shop.db.auditEntry.count({ where: { userId: user.id, action: 'REFRESH_TOKEN_REUSED' } })).toBe(
    1,
  );
});

test('who lost the answer repeats with the same key and gets the same next token, until it is spent', async () => {
  const user = await shop.newUser();
  const { refreshToken, sessionId } = await signIn(user);
  const key = newId();
  const first = await refresh(refreshToken, key);
  const next = first.session?.refreshToken ?? '';
  await shop.db.userAccount.update({ where: { id: user.id }, data: { roles: ['customer', 'finance'] } });
  shop.parts.testClock.advance(reuseGraceMs + 60_000);
  const again = await refresh(refreshToken, key);
  expect(again.session?.refreshToken).toBe(next);
  expect(again.session?.user?.id).toBe(user.id);
  const claims = decodeJwt(again.session?.accessToken ?? '');
  expect(claims).toMatchObject({ sub: user.id, sid: sessionId, roles: ['customer', 'finance'] });
  expect(claims.iat).toBeGreaterThan(decodeJwt(first.session?.accessToken ?? '').iat ?? Infinity);
  expect(await shop.db.refreshToken.count({ where: { sessionId } })).toBe(2);

  const spentNow = await refresh(next);
  expect(codesOf(spentNow)).toEqual([]);
  expect(codesOf(await refresh(refreshToken, key))).toEqual(['INVALID_REFRESH_TOKEN']);
  expect(await reasonOf(sessionId)).toBe('TOKEN_REUSED');
  expect(codesOf(await refresh(spentNow.session?.refreshToken ?? ''))).toEqual(['INVALID_REFRESH_TOKEN']);
});

test('a repeat of a refresh is refused when the session, or the token that it gave, has ended', async () => {
  const user = await shop.newUser();
  const [out, old] = await Promise.all([signIn(user), signIn(user)]);
  const key = newId();
  expect(codesOf(await refresh(out.refreshToken, key))).toEqual([]);
  await shop.ask(out.caller, 'mutation { signOut { endedSessionCount } }');
  expect(codesOf(await refresh(out.refreshToken, key))).toEqual(['INVALID_REFRESH_TOKEN']);
  expect(codesOf(await refresh(old.refreshToken, key))).toEqual([]);
  shop.parts.testClock.advance(refreshTokenMs + 1);
  expect(codesOf(await refresh(old.refreshToken, key))).toEqual(['INVALID_REFRESH_TOKEN']);
});

test('of refreshes at once those with the key of the winner get its token, the others are refused', async () => {
  const { refreshToken, sessionId } = await signIn(await shop.newUser());
  const keys = [newId(), newId()];
  const all = await shop.meetAt('refresh_token', 6, () =>
    Promise.all([0, 1, 0, 1, 0, 1].map((i) => refresh(refreshToken, keys[i]))),
  );
  const tokens = all.map(({ session }) => session?.refreshToken);
  const given = tokens.filter((token) => token !== undefined);
  expect(given).toHaveLength(3);
  expect(new Set(given).size).toBe(1);
  expect(all.flatMap(codesOf)).toEqual(Array.from({ length: 3 }, () => 'REFRESH_TOKEN_JUST_USED'));
  expect(tokens[0] === undefined).toBe(tokens[1] !== undefined);
  expect(await shop.db.refreshToken.count({ where: { sessionId } })).toBe(2);
  expect(await reasonOf(sessionId)).toBeNull();
});

test('nothing but hashes of refresh tokens is stored', async () => {
  const { refreshToken } = await signIn(await shop.newUser());
  const { session } = await refresh(refreshToken, 'a key');
  const rows = await shop.db.refreshToken.findMany();
  const stored = new Set(rows.map(({ hash }) => Buffer.from(hash).toString('hex')));
  for (const token of [refreshToken, session?.refreshToken ?? '']) {
    expect(stored.has(createHash('sha256').update(token).digest('hex'))).toBe(true);
    expect(stored.has(Buffer.from(token, 'base64url').toString('hex'))).toBe(false);
  }
  expect(await shop.db.idempotencyKey.count({ where: { operation: 'refreshSession' } })).toBe(0);
});

test('a made-up token is refused', async () => {
  expect(codesOf(await refresh('made up'))).toEqual(['INVALID_REFRESH_TOKEN']);
});

test('a refresh token ends after thirty days, a session after half a year however often it is refreshed', async () => {
  const { refreshToken } = await signIn(await shop.newUser());
  const living = await signIn(await shop.newUser());
  shop.parts.testClock.advance(refreshTokenMs - accessTokenMs);
  let next = (await refresh(living.refreshToken)).session?.refreshToken ?? '';
  shop.parts.testClock.advance(accessTokenMs + 1);
  expect(codesOf(await refresh(refreshToken))).toEqual(['INVALID_REFRESH_TOKEN']);
  // Half a token's life at a time, so that what ends the last one is the session's age alone.
  const steps = (2 * (sessionMs - refreshTokenMs)) / refreshTokenMs;
  for (let step = 1; step <= steps; step += 1) {
    const { session, userErrors } = await refresh(next);
    expect(userErrors).toEqual([]);
    next = session?.refreshToken ?? '';
    shop.parts.testClock.advance(refreshTokenMs / 2);
  }
  expect(codesOf(await refresh(next))).toEqual(['INVALID_REFRESH_TOKEN']);
});

test('signing out ends the session of the request, or all of the customer, and nobody else is touched', async () => {
  const user = await shop.newUser();
  const [one, two, three] = await Promise.all([signIn(user), signIn(user), signIn(user)]);
  const stranger = await signIn(await shop.newUser());
  const signOut =
    'mutation ($input: SignOutInput) { signOut(input: $input) { endedSessionCount userErrors { code } } }';
  expect(await shop.ask(one.caller, signOut)).toEqual({ signOut: { endedSessionCount: 1, userErrors: [] } });
  expect(await shop.ask(one.caller, signOut)).toEqual({ signOut: { endedSessionCount: 0, userErrors: [] } });
  expect([await reasonOf(one.sessionId), await reasonOf(two.sessionId)]).toEqual(['SIGNED_OUT', null]);
  expect(codesOf(await refresh(one.refreshToken))).toEqual(['INVALID_REFRESH_TOKEN']);
  expect(await shop.ask(two.caller, signOut, { input: { allSessions: true } })).toMatchObject({
    signOut: { endedSessionCount: 2 },
  });
  expect(await reasonOf(three.sessionId)).toBe('SIGNED_OUT');
  expect(await reasonOf(stranger.sessionId)).toBeNull();
  expect(await shop.errorCode(anonymousCaller(), signOut)).toBe('UNAUTHENTICATED');
});

test('a change of the password that is repeated, also at once, is answered as the first, and done once', async () => {
  const user = await shop.newUser();
  const here = await signIn(user);
  const query = `mutation ($input: ChangePasswordInput!) {
    changePassword(input: $input) { user { id } userErrors { code field } }
  }`;
  const change = (currentPassword: string, newPassword: string): Promise<unknown> =>
    shop.ask(here.caller, query, { input: { currentPassword, newPassword } });
  const changes = (): Promise<number> =>
    shop.db.auditEntry.count({ where: { userId: user.id, action: 'PASSWORD_CHANGED' } });
  const newPassword = 'staple horse battery';
  const done = { changePassword: { user: { id: user.id }, userErrors: [] } };
  const twins = await shop.meetAt('user_account', 2, () =>
    Promise.all([change(password, newPassword), change(password, newPassword)]),
  );
  expect(twins).toEqual([done, done]);
  expect(await changes()).toBe(1);

  const elsewhere = await signIn({ ...user, password: newPassword });
  const { passwordHash } = await shop.db.userAccount.findUniqueOrThrow({ where: { id: user.id } });
  expect(await change(password, newPassword)).toEqual(done);
  expect(await change(password, 'another horse battery')).toEqual({
    changePassword: {
      user: null,
      userErrors: [{ code: 'INVALID_CREDENTIALS', field: ['currentPassword'] }],
    },
  });
  const after = await shop.db.userAccount.findUniqueOrThrow({ where: { id: user.id } });
  expect(after.passwordHash).toBe(passwordHash);
  expect(await changes()).toBe(1);
  expect(await reasonOf(elsewhere.sessionId)).toBeNull();
});

test('another password ends the other sessions; a wrong or weak one changes nothing', async () => {
  const user = await shop.newUser();
  const [here, elsewhere] = await Promise.all([signIn(user), signIn(user)]);
  const change = async (input: object): Promise<unknown> => {
    const query = `mutation ($input: ChangePasswordInput!) {
      changePassword(input: $input) { user { id } userErrors { code field } }
    }`;
    return (await shop.ask<{ changePassword: unknown }>(here.caller, query, { input })).changePassword;
  };
  const newPassword = 'staple horse battery';
  const { passwordHash } = await shop.db.userAccount.findUniqueOrThrow({ where: { id: user.id } });
  expect(await change({ currentPassword: 'wrong', newPassword })).toEqual({
    user: null,
    userErrors: [{ code: 'INVALID_CREDENTIALS', field: ['currentPassword'] }],
  });
  expect(await change({ currentPassword: password, newPassword: user.username })).toEqual({
    user: null,
    userErrors: [{ code: 'WEAK_PASSWORD', field: ['newPassword'] }],
  });
  expect(await shop.db.userAccount.findUniqueOrThrow({ where: { id: user.id } })).toMatchObject({
    passwordHash,
  });
  expect(await reasonOf(elsewhere.sessionId)).toBeNull();

  expect(await change({ currentPassword: password, newPassword })).toEqual({
    user: { id: user.id },
    userErrors: [],
  });
  expect([await reasonOf(here.sessionId), await reasonOf(elsewhere.sessionId)]).toEqual([
    null,
    'PASSWORD_CHANGED',
  ]);
  const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }';
  expect(await shop.ask(anonymousCaller(), query, { input: { email: user.email, password } })).toEqual({
    signIn: { userErrors: [{ code: 'INVALID_CREDENTIALS' }] },
  });
  expect(
    await shop.ask(anonymousCaller(), query, { input: { email: user.email, password: newPassword } }),
  ).toEqual({
    signIn: { userErrors: [] },
  });
});
