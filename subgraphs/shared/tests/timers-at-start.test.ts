import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createOrders } from '../../orders/main.js';
import { consumeOnce, maxAttempts, type Consumer, type ConsumerContext } from '../events/inbox.js';
import { scheduleUnlessSet, type Timer } from '../events/timers.js';
import { createFoundation, type Foundation } from './foundation.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let foundation: Foundation;
beforeAll(async () => void (foundation = await createFoundation()));
afterAll(() => foundation.close());

const minuteMs = 60_000;
const runAtOf = async (type: string): Promise<number[]> => {
  const rows = await foundation.db.inboxMessage.findMany({ where: { type, doneAt: null } });
  return rows.map((row) => row.runAt.getTime());
};

test('a timer that is set unless set stays as it is until it has fired or is buried', async () => {
  const { context, parts, db } = foundation;
  let works = true;
  let fired = 0;
  const consumer: Consumer<ConsumerContext> = {
    name: 'starts',
    mode: 'lease',
    handlers: {},
    timers: {
      Hourly: async () => {
        if (!works) throw new Error('broken');
        fired += 1;
      },
    },
  };
  const round = (): Promise<number> =>
    consumeOnce({ schema: 'orders', consumers: [consumer], createContext: () => context }, consumer);
  const aggregateId = parts.newId();
  const start = async (): Promise<number> => {
    const runAt = new Date(parts.clock().getTime() + 60 * minuteMs);
    const timer: Timer = { consumer: 'starts', type: 'Hourly', aggregateId, runAt };
    await scheduleUnlessSet(context, timer);
    return runAt.getTime();
  };
  const first = await start();
  parts.testClock.advance(40 * minuteMs);
  await start();
  expect(await runAtOf('Hourly')).toEqual([first]);
  parts.testClock.advance(21 * minuteMs);
  await round();
  expect([fired, await runAtOf('Hourly')]).toEqual([1, []]);

  const second = await start();
  expect(await runAtOf('Hourly')).toEqual([second]);
  works = false;
  parts.testClock.advance(61 * minuteMs);
  await round();
  const [again = 0] = await runAtOf('Hourly');
  await start();
  expect(await runAtOf('Hourly')).toEqual([again]);
  expect(await db.inboxMessage.findMany({ where: { type: 'Hourly' } })).toMatchObject([{ attempts: 1 }]);
  for (let tries = 1; tries < maxAttempts; tries += 1) {
    parts.testClock.advance(61 * minuteMs);
    await round();
  }
  expect(await runAtOf('Hourly')).toEqual([]);
  const third = await start();
  expect(await runAtOf('Hourly')).toEqual([third]);
});

test('old carts are given up in time however often orders starts', async () => {
  const { parts } = foundation;
  const start = async (): Promise<void> => {
    const orders = await createOrders(parts);
    await orders.start();
    await orders.stop();
  };
  await start();
  const [first = 0] = await runAtOf('ExpireCarts');
  expect(first).toBeGreaterThan(parts.clock().getTime());
  parts.testClock.advance(40 * minuteMs);
  await start();
  expect(await runAtOf('ExpireCarts')).toEqual([first]);

  parts.testClock.advance(21 * minuteMs);
  const orders = await createOrders(parts);
  await orders.start();
  const [next] = await eventually(
    () => runAtOf('ExpireCarts'),
    ([at = first]) => at !== first,
  );
  await orders.stop();
  expect(next).toBeGreaterThanOrEqual(first + 60 * minuteMs);
});
