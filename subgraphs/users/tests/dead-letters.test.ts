import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

test('staff see what could not be mailed and have it tried again; customers do not', async () => {
  const eventId = shop.parts.newId();
  const now = shop.parts.clock();
  const facts = { eventId, consumer: 'mail', type: 'OrderPaid', version: 1, attempts: 12, payload: {} };
  const about = {
    aggregateType: 'Order',
    aggregateId: eventId,
    aggregateSeq: 1,
    correlationId: 'test',
    occurredAt: now,
  };
  await shop.db.inboxMessage.create({ data: { ...facts, ...about, runAt: now, doneAt: now } });
  await shop.db.deadLetter.create({
    data: { ...facts, ...about, lastError: 'no such mailbox', diedAt: now },
  });
  const id = `mail:${eventId}`;
  const list = '{ usersDeadLetters { nodes { id consumer lastError } } }';
  const retry = `mutation ($input: RetryUsersDeadLettersInput!) {
    retryUsersDeadLetters(input: $input) { retriedIds userErrors { code } }
  }`;
  const { caller } = await shop.newUser();
  expect(await shop.errorCode(caller, list)).toBe('FORBIDDEN');
  expect(await shop.errorCode(staffCaller('manager'), retry, { input: { ids: [id] } })).toBe('FORBIDDEN');
  expect(await shop.db.deadLetter.count()).toBe(1);
  const admin = staffCaller('admin');
  expect(await shop.ask(admin, list)).toEqual({
    usersDeadLetters: { nodes: [{ id, consumer: 'mail', lastError: 'no such mailbox' }] },
  });
  expect(await shop.ask(admin, retry, { input: { ids: [id] } })).toEqual({
    retryUsersDeadLetters: { retriedIds: [id], userErrors: [] },
  });
  expect(await shop.db.inboxMessage.findFirstOrThrow({ where: { eventId } })).toMatchObject({
    attempts: 0,
    doneAt: null,
  });
});
