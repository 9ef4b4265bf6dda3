/** What is away for a while must bury nothing, and is asked again within a minute of its return. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CallError } from '../call.js';
import { serviceCaller } from '../caller.js';
import { retryDeadLetters } from '../events/dead-letters.js';
import {
  consumeOnce,
  maxAttempts,
  outagePatienceMs,
  type Consumer,
  type ConsumerContext,
} from '../events/inbox.js';
import { viewerOf } from '../viewer.js';
import { createFoundation, deliver, type Foundation } from './foundation.js';

let foundation: Foundation;
beforeAll(async () => void (foundation = await createFoundation()));
afterAll(() => foundation.close());

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const advance = (ms: number): void => foundation.parts.testClock.advance(ms);

const outage = (): Error => new CallError('payments', 'payments does not answer', 'SERVICE_UNAVAILABLE');

/** A consumer whose handler fails while `error` is there. */
function createWorker(name: string, mode: 'transaction' | 'lease') {
  const seen = { tries: 0, handled: 0 };
  const state: { error: Error | undefined } = { error: outage() };
  const consumer: Consumer<ConsumerContext> = {
    name,
    mode,
    handlers: {
      UserDeleted: async () => {
        seen.tries += 1;
        if (state.error) throw state.error;
        seen.handled += 1;
      },
    },
  };
  const options = { schema: 'orders', consumers: [consumer], createContext: () => foundation.context };
  /** One round of the loop; how many tries that made. A batch that fails is one try, and then one for its message. */
  const round = async (): Promise<number> => {
    const before = seen.tries;
    await consumeOnce(options, consumer);
    return (seen.tries - before) / (mode === 'transaction' && state.error ? 2 : 1);
  };
  return { state, seen, round };
}

const lettersOf = async (consumer: string): Promise<unknown[]> => {
  const rows = await foundation.db.deadLetter.findMany({ where: { consumer } });
  return rows.map(({ attempts, lastError }) => [attempts, lastError]);
};

for (const mode of ['transaction', 'lease'] as const) {
  test(`after an outage of two hours a message is handled within a minute (${mode})`, async () => {
    const name = `two-hours-${mode}`;
    const { state, seen, round } = createWorker(name, mode);
    const [eventId = ''] = await deliver(foundation, name, {});
    const tries: number[] = [];
    for (let minute = 0; minute < 120; minute += 1) {
      tries.push(await round());
      advance(minuteMs);
    }
    expect(tries).toEqual(Array.from({ length: 120 }, () => 1));
    expect(await round()).toBe(1);
    advance(25 * secondMs);
    expect(await round()).toBe(0);
    expect(await lettersOf(name)).toEqual([]);

    state.error = undefined;
    advance(minuteMs - 25 * secondMs);
    await round();
    advance(minuteMs);
    await round();
    expect(seen.handled).toBe(1);
    expect(await foundation.db.inboxMessage.findMany({ where: { eventId } })).toMatchObject([
      { attempts: 0, lastError: null, leaseUntil: null, doneAt: expect.any(Date) },
    ]);
  });

  test(`an outage of more than a day buries, and who is retried then has a day again (${mode})`, async () => {
    const name = `a-day-${mode}`;
    const { state, seen, round } = createWorker(name, mode);
    const [eventId = ''] = await deliver(foundation, name, {});
    // Nobody consumed for two days: that is not the outage's age.
    advance(2 * outagePatienceMs);
    for (let hour = 0; hour < 24; hour += 1) {
      expect(await round()).toBe(1);
      advance(hour === 23 ? hourMs - minuteMs : hourMs);
    }
    expect(await round()).toBe(1);
    expect(await lettersOf(name)).toEqual([]);
    advance(2 * minuteMs);
    expect(await round()).toBe(1);
    const letter = [0, 'outage: payments: payments does not answer'];
    expect(await lettersOf(name)).toEqual([letter]);
    expect(await round()).toBe(0);

    const admin = { ...foundation.context, viewer: viewerOf(serviceCaller('test', 'test')) };
    await retryDeadLetters(admin, 'orders', [`${name}:${eventId}`]);
    expect(await round()).toBe(1);
    advance(minuteMs);
    expect(await lettersOf(name)).toEqual([]);
    state.error = undefined;
    await round();
    await round();
    expect(seen.handled).toBe(1);
  });
}

test('an outage uses up none of the twelve tries that other failures have', async () => {
  const { state, seen, round } = createWorker('mixed', 'lease');
  await deliver(foundation, 'mixed', {});
  for (let i = 0; i < maxAttempts; i += 1) {
    expect(await lettersOf('mixed')).toEqual([]);
    for (const error of [outage(), new Error('the cause')]) {
      state.error = error;
      await round();
      advance(hourMs);
    }
  }
  expect(seen.tries).toBe(2 * maxAttempts);
  expect(await lettersOf('mixed')).toEqual([[maxAttempts, 'the cause']]);
});
