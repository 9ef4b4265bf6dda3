import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller } from '../../../tests/testkit/parts.js';
import { serviceCaller } from '../caller.js';
import { listDeadLetters, retryDeadLetters } from '../events/dead-letters.js';
import { consumeOnce, leaseMs, maxAttempts, type Consumer, type ConsumerContext } from '../events/inbox.js';
import { removeDone } from '../events/retention.js';
import { schedule, unschedule } from '../events/timers.js';
import { transact } from '../transaction.js';
import { viewerOf } from '../viewer.js';
import { createFoundation, deliver, type Foundation } from './foundation.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let foundation: Foundation;
beforeAll(async () => {
  foundation = await createFoundation();
});
afterAll(() => foundation.close());

const once = (consumer: Consumer<ConsumerContext>): Promise<number> =>
  consumeOnce({ schema: 'orders', consumers: [consumer], createContext: () => foundation.context }, consumer);

/** An effect in the database: one row per message. */
const note = (context: ConsumerContext, key: string): PromiseLike<number> =>
  context.db.$executeRaw`
    INSERT INTO idempotency_key (owner, operation, key, request_hash, created_at)
    VALUES ('effect', 'test', ${key}, ''::bytea, ${context.clock()}::timestamptz)`;
const effects = (keys: string[]): Promise<number> =>
  foundation.db.idempotencyKey.count({ where: { owner: 'effect', key: { in: keys } } });

test('one poisoned message does not keep its batch from being handled, nor is the effect of others doubled', async () => {
  const ids = await deliver(foundation, 'poison', {}, {}, {}, {}, {});
  const poisoned = ids[2];
  const consumer: Consumer<ConsumerContext> = {
    name: 'poison',
    mode: 'transaction',
    handlers: {
      UserDeleted: async (context, batch) => {
        for (const message of batch) {
          await note(context, message.id);
          if (message.id === poisoned) throw new Error('poison');
        }
      },
    },
  };
  await once(consumer);
  expect(await effects(ids)).toBe(4);
  const left = await foundation.db.inboxMessage.findMany({ where: { consumer: 'poison', doneAt: null } });
  expect(left.map((row) => [row.eventId, row.attempts, row.lastError])).toEqual([[poisoned, 1, 'poison']]);
  expect(await once(consumer)).toBe(0);
});

test('a message that always fails becomes a dead letter, which staff can list and retry', async () => {
  const [id = ''] = await deliver(foundation, 'fails', {});
  let works = false;
  let handled = 0;
  const consumer: Consumer<ConsumerContext> = {
    name: 'fails',
    mode: 'transaction',
    handlers: {
      UserDeleted: async () => {
        if (!works) throw new Error('the cause');
        handled += 1;
      },
    },
  };
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    await once(consumer);
    foundation.parts.testClock.advance(2 * 3_600_000);
  }
  const admin = { ...foundation.context, viewer: viewerOf(serviceCaller('test', 'test')) };
  const { nodes } = await listDeadLetters(admin, {});
  expect(nodes).toMatchObject([
    { id: `fails:${id}`, type: 'UserDeleted', attempts: maxAttempts, lastError: 'the cause' },
  ]);
  expect(await once(consumer)).toBe(0);

  const stranger = { ...admin, viewer: viewerOf(anonymousCaller()) };
  await expect(retryDeadLetters(stranger, 'orders', [`fails:${id}`])).rejects.toThrow('signed-in');
  works = true;
  expect(await retryDeadLetters(admin, 'orders', [`fails:${id}`, 'fails:unknown'])).toEqual([`fails:${id}`]);
  expect(await retryDeadLetters(admin, 'orders', [`fails:${id}`])).toEqual([]);
  await once(consumer);
  expect(handled).toBe(1);
  expect((await listDeadLetters(admin, {})).nodes).toEqual([]);
});

test('a dead letter whose inbox row was removed by age is handled when it is retried, once', async () => {
  const { context, parts } = foundation;
  const [id = ''] = await deliver(foundation, 'aged', {});
  let works = false;
  let handled = 0;
  const consumer: Consumer<ConsumerContext> = {
    name: 'aged',
    mode: 'transaction',
    handlers: {
      UserDeleted: async () => {
        if (!works) throw new Error('the cause');
        handled += 1;
      },
    },
  };
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    await once(consumer);
    parts.testClock.advance(2 * 3_600_000);
  }
  parts.testClock.advance(8 * 86_400_000);
  await removeDone(context);
  expect(await foundation.db.inboxMessage.count({ where: { consumer: 'aged' } })).toBe(0);
  works = true;
  const admin = { ...context, viewer: viewerOf(serviceCaller('test', 'test')) };
  expect(await retryDeadLetters(admin, 'orders', [`aged:${id}`])).toEqual([`aged:${id}`]);
  await once(consumer);
  await once(consumer);
  expect(handled).toBe(1);
  const tooMany = Array.from({ length: 101 }, (_, i) => `aged:${i}`);
  await expect(retryDeadLetters(admin, 'orders', tooMany)).rejects.toThrow('ids must be at most 100.');
});

test('a leased message comes again only when its lease has run out', async () => {
  const ids = await deliver(foundation, 'slow', {});
  let calls = 0;
  let release = (): void => {};
  const consumer: Consumer<ConsumerContext> = {
    name: 'slow',
    mode: 'lease',
    handlers: {
      UserDeleted: async () => {
        calls += 1;
        if (calls === 1) await new Promise<void>((resolve) => (release = resolve));
      },
    },
  };
  const first = once(consumer);
  await eventually(() => calls > 0);
  expect(await once(consumer)).toBe(0);
  foundation.parts.testClock.advance(leaseMs + 1);
  expect(await once(consumer)).toBe(1);
  release();
  await first;
  expect(calls).toBe(2);
  expect(
    await foundation.db.inboxMessage.count({
      where: { consumer: 'slow', eventId: { in: ids }, doneAt: null },
    }),
  ).toBe(0);
});

test('two workers on one inbox never handle a message twice', async () => {
  const ids = await deliver(foundation, 'shared', ...Array.from({ length: 40 }, () => ({})));
  const consumer: Consumer<ConsumerContext> = {
    name: 'shared',
    mode: 'transaction',
    batchSize: 5,
    handlers: {
      UserDeleted: async (context, batch) => {
        for (const message of batch) await note(context, `shared ${message.id}`);
      },
    },
  };
  const worker = async (): Promise<void> => {
    while ((await once(consumer)) > 0);
  };
  await Promise.all([worker(), worker(), worker()]);
  expect(await effects(ids.map((id) => `shared ${id}`))).toBe(40);
});

test('a timer fires when its time has come, and can be moved, taken back and set anew by its own handler', async () => {
  const { context, parts } = foundation;
  const fired: string[] = [];
  const again = parts.newId();
  const consumer: Consumer<ConsumerContext> = {
    name: 'timers',
    mode: 'transaction',
    handlers: {},
    timers: {
      Due: async (inner, batch) => {
        for (const message of batch) {
          fired.push(message.aggregateId);
          if (message.aggregateId === again && fired.length < 3) {
            await schedule({ ...inner }, timer(again, 60_000));
          }
        }
      },
    },
  };
  const timer = (aggregateId: string, inMs: number) => ({
    consumer: 'timers',
    type: 'Due',
    aggregateId,
    runAt: new Date(parts.clock().getTime() + inMs),
  });
  const [kept, moved, dropped] = [parts.newId(), parts.newId(), parts.newId()];
  await transact(context, async (inner) => {
    await schedule(inner, timer(kept, 60_000));
    await schedule(inner, timer(moved, 60_000));
    await schedule(inner, timer(dropped, 60_000));
    await schedule(inner, timer(moved, 600_000));
    await unschedule(inner, timer(dropped, 0));
  });
  expect(await once(consumer)).toBe(0);
  parts.testClock.advance(61_000);
  await once(consumer);
  expect(fired).toEqual([kept]);
  parts.testClock.advance(600_000);
  await once(consumer);
  expect(fired).toEqual([kept, moved]);

  await schedule(context, timer(again, 0));
  await once(consumer);
  expect(fired).toEqual([kept, moved, again]);
  fired.length = 0;
  await schedule(context, timer(again, 0));
  await once(consumer);
  expect(await once(consumer)).toBe(0);
  parts.testClock.advance(61_000);
  await once(consumer);
  expect(fired).toEqual([again, again]);
});

test.each(['transaction', 'lease'] as const)(
  'a timer that its handler has set anew is not lost when the handler takes longer than until then (%s)',
  async (mode) => {
    const { context, parts } = foundation;
    const aggregateId = parts.newId();
    const timer = (inMs: number) => ({
      ...{ consumer: `slow-${mode}`, type: 'Slow', aggregateId },
      runAt: new Date(context.clock().getTime() + inMs),
    });
    let fired = 0;
    const consumer: Consumer<ConsumerContext> = {
      name: `slow-${mode}`,
      mode,
      handlers: {},
      timers: {
        Slow: async (inner) => {
          fired += 1;
          await schedule(inner, timer(1_000));
          parts.testClock.advance(5_000);
        },
      },
    };
    await schedule(context, timer(0));
    for (let i = 1; i <= 3; i += 1) {
      await once(consumer);
      expect(fired).toBe(i);
    }
  },
);

test('of a leased batch one failure is its own, and the others are acknowledged together', async () => {
  const ids = await deliver(foundation, 'leased-batch', {}, {}, {});
  const handled: string[] = [];
  const consumer: Consumer<ConsumerContext> = {
    name: 'leased-batch',
    mode: 'lease',
    batchSize: 10,
    handlers: {
      UserDeleted: async (_context, batch) => {
        for (const { id } of batch) {
          handled.push(id);
          if (id === ids[1]) throw new Error('refused');
        }
      },
    },
  };
  expect(await once(consumer)).toBe(3);
  expect(handled.sort()).toEqual([...ids].sort());
  const left = await foundation.db.inboxMessage.findMany({
    where: { consumer: 'leased-batch', doneAt: null },
  });
  expect(left.map((row) => [row.eventId, row.attempts])).toEqual([[ids[1], 1]]);
  expect(await once(consumer)).toBe(0);
});

test('what a slow leased batch has not begun goes back and is due at once', async () => {
  const ids = await deliver(foundation, 'leased-slowly', {}, {}, {});
  let handled = 0;
  let late = 0;
  const consumer: Consumer<ConsumerContext> = {
    name: 'leased-slowly',
    mode: 'lease',
    batchSize: 3,
    handlers: {
      UserDeleted: async (_context, batch) => {
        handled += batch.length;
        late += 10_000;
      },
    },
  };
  const { clock } = foundation.context;
  const slowly = (): Promise<number> =>
    consumeOnce(
      {
        schema: 'orders',
        consumers: [consumer],
        createContext: () => ({ ...foundation.context, clock: () => new Date(clock().getTime() + late) }),
      },
      consumer,
    );
  await slowly();
  expect(handled).toBe(1);
  const left = await foundation.db.inboxMessage.findMany({
    where: { consumer: 'leased-slowly', doneAt: null },
  });
  expect(left.map((row) => row.leaseUntil)).toEqual([null, null]);
  await slowly();
  await slowly();
  expect(handled).toBe(ids.length);
});
