/** When the reconciler runs, and how far each time. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { consumeOnce } from '../../shared/events/inbox.js';
import { Reconcile } from '../reconciliation/events.js';
import { startReconciliation } from '../reconciliation/service.js';
import { eventsOf } from './payments-test.js';
import {
  breaksOf,
  context,
  day,
  hour,
  line,
  mendLine,
  minute,
  payPastUs,
  reconcile,
  standing,
  start,
  t,
} from './reconciliation-test.js';

beforeAll(start);
afterAll(() => t.close());
beforeEach(mendLine);

const timer = () => t.db.inboxMessage.findFirstOrThrow({ where: { consumer: 'reconciliation' } });
const run = () => consumeOnce(t.consuming, t.consumer('reconciliation'));

test('its timer comes once an hour, however often processes start, and an outage puts it off and loses nothing', async () => {
  await reconcile();
  const read = async () => (await t.db.reconciliationProgress.findFirstOrThrow()).readUntil;
  const due = (await read()).getTime() + hour;
  await Promise.all([startReconciliation(context()), startReconciliation(context())]);
  expect((await timer()).runAt.getTime()).toBe(due);
  expect(await t.db.inboxMessage.count({ where: { consumer: 'reconciliation' } })).toBe(1);
  expect(await run()).toBe(0);

  const intent = await payPastUs({ order_id: t.parts.newId() });
  const before = await read();
  t.parts.testClock.advance(hour);
  line.isCut = true;
  expect(await run()).toBe(1);
  expect(await read()).toEqual(before);
  const putOff = await timer();
  expect(putOff).toMatchObject({ doneAt: null, attempts: 0 });
  expect(putOff.runAt > t.parts.clock()).toBe(true);
  await startReconciliation(context());
  expect(await timer()).toEqual(putOff);
  expect(await standing(intent.id)).toEqual([]);

  line.isCut = false;
  t.parts.testClock.advance(15 * minute);
  expect(await run()).toBe(1);
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
  expect((await timer()).runAt.getTime()).toBe((await read()).getTime() + hour);
});

test('who was away for days reads day by day, one run soon after the other', async () => {
  const intent = await payPastUs({ order_id: t.parts.newId() });
  await reconcile();
  t.parts.testClock.advance(3 * day + hour);
  await startReconciliation(context());
  for (let runs = 0; runs < 4; runs += 1) {
    t.parts.testClock.advance(10_000);
    expect(await run()).toBe(1);
    expect((await timer()).doneAt).toBeNull();
  }
  t.parts.testClock.advance(10_000);
  expect(await run()).toBe(0);
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
});

test('two processes that compare at once find each break once', async () => {
  const intent = await payPastUs({ order_id: t.parts.newId() });
  await Promise.all([Reconcile(context()), Reconcile(context()), Reconcile(context())]);
  const found = await breaksOf(intent.id);
  expect(found).toHaveLength(1);
  expect(await eventsOf(t, found[0]?.id)).toEqual(['ReconciliationBreakFound']);
});
