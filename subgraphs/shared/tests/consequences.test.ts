import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { consequences } from '../events/consequences.js';
import { event } from '../events/outbox.js';
import { schedule, type Timer } from '../events/timers.js';
import { createFoundation, type Foundation } from './foundation.js';

let foundation: Foundation;
beforeAll(async () => void (foundation = await createFoundation()));
afterAll(() => foundation.close());

const timer = (aggregateId: string, type: string): Timer => ({
  consumer: 'timers',
  type,
  aggregateId,
  runAt: new Date('2030-01-01T00:00:00Z'),
});

/** Runs a change of so many rows with an event twice, a timer to set and one to take back; what stands then. */
async function change(rows: number): Promise<unknown> {
  const { db, context, parts } = foundation;
  const orderId = parts.newId();
  await schedule(context, timer(orderId, 'Old'));
  const told = event('OrderUpdated', orderId, { orderId, customerId: parts.newId() });
  const follows = consequences(context, {
    events: [told, told],
    timers: [timer(orderId, 'New')],
    endedTimers: [timer(orderId, 'Old')],
  });
  await db.$executeRaw`WITH saved AS (SELECT n FROM generate_series(1, ${rows}::int) n) ${follows} SELECT 1`;
  const events = await db.outboxEvent.findMany({
    where: { aggregateId: orderId },
    orderBy: { aggregateSeq: 'asc' },
  });
  const timers = await db.inboxMessage.findMany({ where: { aggregateId: orderId } });
  return { sequence: events.map((one) => one.aggregateSeq), timers: timers.map((one) => one.type) };
}

test('events and timers follow a change that its statement makes', async () => {
  expect(await change(1)).toEqual({ sequence: [1, 2], timers: ['New'] });
  expect(await change(3)).toEqual({ sequence: [1, 2], timers: ['New'] });
});

test('nothing follows where the change is not made', async () => {
  expect(await change(0)).toEqual({ sequence: [], timers: ['Old'] });
});
