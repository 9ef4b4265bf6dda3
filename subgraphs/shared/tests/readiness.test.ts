import { expect, test } from '@jest/globals';
import { createBus } from '../bus.js';
import { createLog } from '../log.js';
import { remembered, shortageOf } from '../readiness.js';

const fine = async (): Promise<void> => {};
const broken = (): Promise<never> => Promise.reject(new Error('ECONNREFUSED'));
const silent = (): Promise<never> => new Promise(() => {});

test('what does not answer is named, what never answers too', async () => {
  expect(await shortageOf([{ check: fine, otherwise: 'no search' }])).toBeUndefined();
  expect(
    await shortageOf([
      { check: broken, otherwise: 'no search' },
      { check: fine, otherwise: 'no mail' },
      { check: silent, otherwise: 'no payments' },
    ]),
  ).toBe('no search; no payments');
});

test('a remembered check is made again after its time', async () => {
  let now = 0;
  const answers: (() => Promise<unknown>)[] = [fine, broken, fine];
  const check = remembered(
    () => answers.shift()?.() ?? silent(),
    10_000,
    () => new Date(now),
  );
  const ask = (): Promise<string | undefined> => shortageOf([{ check, otherwise: 'away' }]);
  expect([await ask(), await ask()]).toEqual([undefined, undefined]);
  now = 10_000;
  expect([await ask(), await ask()]).toEqual(['away', 'away']);
  now = 20_000;
  expect(await ask()).toBeUndefined();
});

test('signals in memory are always ready, those over a Redis that is away are not', async () => {
  const log = createLog('silent', 'test');
  const memory = createBus({ prefix: 'ready', log });
  await memory.ready();
  const away = createBus({ redisUrl: 'redis://127.0.0.1:1', prefix: 'ready', log });
  await expect(away.ready()).rejects.toThrow('Redis is not connected');
  await away.close();
  const redisUrl = process.env['REDIS_URL'];
  const present = createBus({ redisUrl, prefix: 'ready', log });
  const stop = await present.listen('anything', () => {});
  await present.ready();
  stop();
  await present.close();
});
