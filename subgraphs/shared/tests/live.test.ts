import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createLive, liveQuery, type Live } from '../live.js';
import { createLog } from '../log.js';

let live: Live;
beforeAll(() => {
  live = createLive({
    redisUrl: process.env['REDIS_URL'],
    prefix: randomUUID(),
    log: createLog('silent', 'test'),
  });
});
afterAll(() => live.close());

test('a live query begins with a snapshot and reads anew after each signal', async () => {
  let value = 1;
  const stream = await liveQuery(live, ['a', 'b'], async () => value);
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  const pending = stream.next();
  value = 2;
  await live.signal('b');
  expect(await pending).toEqual({ done: false, value: 2 });
  await stream.return?.();
});

test('signals that arrive while nobody asks make one event', async () => {
  let reads = 0;
  const stream = await liveQuery(live, ['many'], async () => (reads += 1));
  await stream.next();
  for (let i = 0; i < 20; i += 1) await live.signal('many');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await stream.next();
  expect(reads).toBe(2);
  const third = stream.next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await live.signal('many');
  expect(await third).toEqual({ done: false, value: 3 });
  await stream.return?.();
});

test('ending the stream frees it while it waits for a signal', async () => {
  const stream = await liveQuery(live, ['quiet'], async () => 1);
  await stream.next();
  const pending = stream.next();
  await stream.return?.();
  expect(await pending).toEqual({ done: true, value: undefined });
});
