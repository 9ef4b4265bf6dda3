import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emit, event } from '../events/outbox.js';
import { removeDone } from '../events/retention.js';
import { idempotent } from '../idempotency.js';
import { transact } from '../transaction.js';
import { createFoundation, deliver, type Foundation } from './foundation.js';

let foundation: Foundation;
beforeAll(async () => {
  foundation = await createFoundation();
});
afterAll(() => foundation.close());

const days = (count: number): number => count * 86_400_000;

test('what is done is removed when its time has passed; what is not done stays', async () => {
  const { context, db, parts } = foundation;
  const [done, waiting] = await deliver(foundation, 'any', {}, {});
  await db.inboxMessage.updateMany({ where: { eventId: done ?? '' }, data: { doneAt: parts.clock() } });
  const userId = parts.newId();
  const told = event('UserDeleted', userId, { userId });
  await transact(context, (inner) => emit(inner, told, told));
  const [first] = await db.outboxEvent.findMany({ orderBy: { id: 'asc' } });
  await db.outboxEvent.update({ where: { id: first?.id ?? '' }, data: { relayedAt: parts.clock() } });
  const call = { owner: 'someone', operation: 'once', key: 'k', input: 1 };
  await idempotent(context, call, async () => ({ n: 1 }));

  const counts = async (): Promise<number[]> => [
    await db.inboxMessage.count(),
    await db.outboxEvent.count(),
    await db.idempotencyKey.count(),
  ];
  parts.testClock.advance(days(6));
  await removeDone(context);
  expect(await counts()).toEqual([2, 2, 1]);
  parts.testClock.advance(days(2));
  await removeDone(context);
  expect(await counts()).toEqual([1, 2, 1]);
  parts.testClock.advance(days(23));
  expect(await removeDone(context)).toBe(false);
  expect(await counts()).toEqual([1, 1, 0]);
  expect((await db.inboxMessage.findMany()).map((row) => row.eventId)).toEqual([waiting]);
});
