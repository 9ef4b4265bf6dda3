import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createBus, type Bus } from '../bus.js';
import { createLive, liveQuery, watchEach, type Live } from '../live.js';
import { createLog } from '../log.js';

let bus: Bus;
let live: Live;
beforeAll(() => {
  bus = createBus({
    redisUrl: process.env['REDIS_URL'],
    prefix: randomUUID(),
    log: createLog('silent', 'test'),
  });
  live = createLive(bus);
});
afterAll(() => bus.close());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a live query begins with a snapshot and reads anew after each signal', async () => {
  let value = 1;
  const stream = await liveQuery(live, 'a', async () => value);
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  const pending = stream.next();
  value = 2;
  await live.signal('a');
  expect(await pending).toEqual({ done: false, value: 2 });
  await stream.return?.();
});

test('signals that arrive while nobody asks make one event', async () => {
  let reads = 0;
  const stream = await liveQuery(live, 'many', async () => (reads += 1));
  await stream.next();
  for (let i = 0; i < 20; i += 1) await live.signal('many');
  await pause(50);
  await stream.next();
  expect(reads).toBe(2);
  const third = stream.next();
  await pause(50);
  await live.signal('many');
  expect(await third).toEqual({ done: false, value: 3 });
  await stream.return?.();
});

test('each topic is told at once, then only those that are signalled', async () => {
  const stream = await watchEach(live, ['x', 'y', 'y'], async (topic) => topic);
  expect([(await stream.next()).value, (await stream.next()).value]).toEqual(['x', 'y']);
  const pending = stream.next();
  await pause(20);
  await live.signal('y');
  expect(await pending).toEqual({ done: false, value: 'y' });
  await stream.return?.();
});

test('what reads as nothing is passed over, what fails ends the stream', async () => {
  const answers = [async () => null, async () => 'something', () => Promise.reject(new Error('gone'))];
  const stream = await liveQuery<string>(live, 'z', () => answers.shift()?.() ?? Promise.resolve(null));
  const pending = stream.next();
  await pause(20);
  await live.signal('z');
  expect((await pending).value).toBe('something');
  const failing = stream.next();
  await pause(20);
  await live.signal('z');
  await expect(failing).rejects.toThrow('gone');
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('ending the stream frees it while it waits for a signal', async () => {
  const stream = await liveQuery(live, 'quiet', async () => 1);
  await stream.next();
  const pending = stream.next();
  await stream.return?.();
  expect(await pending).toEqual({ done: true, value: undefined });
});
