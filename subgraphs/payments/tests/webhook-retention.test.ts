/** The log of the provider's events gets no longer than what came in half a year. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { consumeOnce } from '../../shared/events/inbox.js';
import { removeOldEvents } from '../webhook/service.js';
import { create, paymentInput, startPayments, type PaymentsTest } from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ consume: false });
});
afterAll(() => t.close());

const day = 86_400_000;
const logged = async (): Promise<string[]> =>
  (await t.db.webhookEvent.findMany({ orderBy: { id: 'asc' } })).map((row) => row.providerEventId);
/** Pays, and waits until the provider has told of it; what it told is not handled. */
async function pay(): Promise<string[]> {
  const before = await logged();
  await create(t, paymentInput(t.parts));
  return eventually(async () => {
    const news = (await t.db.webhookEvent.findMany()).filter((row) => !before.includes(row.providerEventId));
    return (
      news.some((row) => row.type === 'payment_intent.succeeded') && news.map((row) => row.providerEventId)
    );
  });
}
async function handleAll(): Promise<void> {
  const webhooks = t.consumer('webhooks');
  while ((await consumeOnce(t.consuming, webhooks)) > 0);
  while (await removeOldEvents(t.consuming.createContext('')));
}

test('events that were handled go after 180 days; others stay, and a repeat removes nothing more', async () => {
  const old = await pay();
  await handleAll();
  expect(await logged()).toEqual(expect.arrayContaining(old));

  t.parts.testClock.advance(179 * day);
  const younger = await pay();
  await handleAll();
  expect(await logged()).toEqual(expect.arrayContaining([...old, ...younger]));

  t.parts.testClock.advance(2 * day);
  const waiting = await pay();
  for (let time = 0; time < 2; time += 1) {
    await handleAll();
    const left = await logged();
    expect(left.filter((id) => old.includes(id))).toEqual([]);
    expect(left).toEqual(expect.arrayContaining([...younger, ...waiting]));
    await t.db.inboxMessage.updateMany({ where: { consumer: 'webhooks' }, data: { doneAt: null } });
  }
});

test('an event that is not handled yet, or never could be, is kept whatever its age', async () => {
  const handled = await pay();
  await handleAll();
  const [open, dead] = [await pay(), await pay()];
  const succeeded = async (ids: string[]): Promise<string> =>
    (
      await t.db.webhookEvent.findFirstOrThrow({
        where: { providerEventId: { in: ids }, type: 'payment_intent.succeeded' },
      })
    ).id;
  const [openId, deadId] = [await succeeded(open), await succeeded(dead)];
  const message = await t.db.inboxMessage.findFirstOrThrow({ where: { aggregateId: deadId } });
  const { runAt: _runAt, leaseUntil: _leaseUntil, doneAt: _doneAt, payload, ...facts } = message;
  await t.db.deadLetter.create({
    data: { ...facts, payload: payload as object, lastError: 'broken', diedAt: t.parts.clock() },
  });
  await t.db.inboxMessage.deleteMany({ where: { aggregateId: deadId } });
  // Long put off.
  const later = new Date(t.parts.clock().getTime() + 1_000 * day);
  await t.db.inboxMessage.updateMany({ where: { aggregateId: openId }, data: { runAt: later } });

  t.parts.testClock.advance(181 * day);
  await pay();
  await handleAll();
  const left = (await t.db.webhookEvent.findMany()).map((row) => row.id);
  expect(left).toEqual(expect.arrayContaining([openId, deadId]));
  expect(handled.length).toBeGreaterThan(0);
  expect((await logged()).filter((id) => handled.includes(id))).toEqual([]);
});
