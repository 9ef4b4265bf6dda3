import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller } from '../../../tests/testkit/parts.js';
import { recordStatements } from '../../shared/db.js';
import { service, startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

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

test('references to many users cost as much as to one', async () => {
  const made = [];
  for (let i = 0; i < 4; i += 1) made.push(await shop.newUser());
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { displayName } } }';
  const cost = async (ids: string[]): Promise<number> => {
    const r = ids.map((id) => ({ __typename: 'User', id }));
    await shop.ask(service, query, { r });
    const stop = recordStatements();
    const { _entities } = await shop.ask<{ _entities: object[] }>(service, query, { r });
    expect(_entities).toHaveLength(ids.length);
    return stop().length;
  };
  const ids = made.map(({ id }) => id);
  expect([await cost(ids.slice(0, 1)), await cost(ids)]).toEqual([1, 1]);
});

test('a cursor that somebody made up is told to be one', async () => {
  const { caller } = await shop.newUser();
  const after = Buffer.from(JSON.stringify(['yesterday', 'no id'])).toString('base64url');
  const me = 'query ($after: String) { me { wishlist(after: $after) { nodes { id } } } }';
  expect(await shop.errorCode(caller, me, { after })).toBe('BAD_USER_INPUT');
  const notifications = me.replace('wishlist', 'notifications');
  expect(await shop.errorCode(caller, notifications, { after })).toBe('BAD_USER_INPUT');
  for (const list of ['users', 'auditLog']) {
    const query = `query ($after: String) { ${list}(after: $after) { nodes { id } } }`;
    expect(await shop.errorCode(service, query, { after })).toBe('BAD_USER_INPUT');
  }
});
