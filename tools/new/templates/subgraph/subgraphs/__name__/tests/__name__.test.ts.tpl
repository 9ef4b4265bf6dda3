import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import { startTestSubgraph, type TestSubgraph } from '../../../tests/testkit/subgraph.js';
import type { Caller } from '../../shared/caller.js';
import { definition } from '../main.js';

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startTestSubgraph(definition);
});
afterAll(() => subgraph.close());

const admin = staffCaller('admin');

const add = async (caller: Caller, input: object) => {
  const { data, errors } = await subgraph.execute(
    caller,
    `mutation ($input: Add__Name__EntryInput!) {
      add__Name__Entry(input: $input) { account { balance } userErrors { code field } }
    }`,
    { input: { idempotencyKey: randomUUID(), ...input } },
  );
  return errors ? errors[0]?.extensions['code'] : data?.['add__Name__Entry'];
};

const account = async (caller: Caller, userId: string) => {
  const query = 'query ($id: ID!) { __name__Account(userId: $id) { user { id } balance } }';
  const { data, errors } = await subgraph.execute(caller, query, { id: userId });
  return errors ? errors[0]?.extensions['code'] : data?.['__name__Account'];
};

test('staff add to a balance, once per key, and the user sees it', async () => {
  const userId = randomUUID();
  const input = { userId, amount: 5, idempotencyKey: randomUUID() };
  for (let time = 0; time < 2; time += 1)
    expect(await add(admin, input)).toEqual({ account: { balance: 5 }, userErrors: [] });
  expect(await add(admin, { userId, amount: 2 })).toEqual({ account: { balance: 7 }, userErrors: [] });
  expect(await account(userCaller(userId), userId)).toEqual({ user: { id: userId }, balance: 7 });
  expect(await account(userCaller(), userId)).toBeNull();
});

test('nothing is added of a wrong amount, or by a customer', async () => {
  const userId = randomUUID();
  expect(await add(admin, { userId, amount: 0 })).toEqual({
    account: null,
    userErrors: [{ code: 'INVALID_INPUT', field: ['amount'] }],
  });
  expect(await add(userCaller(userId), { userId, amount: 5 })).toBe('FORBIDDEN');
  expect(await account(admin, userId)).toEqual({ user: { id: userId }, balance: 0 });
});

test('a deleted user is forgotten, and nothing is added any more', async () => {
  const [userId, other] = [randomUUID(), randomUUID()];
  await add(admin, { userId, amount: 5 });
  await add(admin, { userId: other, amount: 3 });
  await subgraph.tell('UserDeleted', { userId });
  expect(await account(admin, userId)).toMatchObject({ balance: 0 });
  expect(await add(admin, { userId, amount: 5 })).toEqual({
    account: null,
    userErrors: [{ code: 'NOT_FOUND', field: ['userId'] }],
  });
  expect(await account(admin, userId)).toMatchObject({ balance: 0 });
  expect(await account(admin, other)).toMatchObject({ balance: 3 });
});
