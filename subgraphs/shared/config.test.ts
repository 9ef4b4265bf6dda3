import { expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

test('an empty environment is a working configuration', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    port: 4000,
    host: '127.0.0.1',
    dataFolder: '.hanse',
    databaseUrl: undefined,
    demo: true,
  });
});

test('every problem is named at once, with an example', () => {
  const read = (): unknown =>
    readConfig({
      PORT: 'http',
      REDIS_URL: 'localhost:6379',
      HANSE_MASTER_KEY: 'short',
      STRIPE_SECRET_KEY: 'sk_test_1',
    });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/PORT is not a number. Example: PORT=4000/);
  expect(read).toThrow(/REDIS_URL is not a URL with redis or rediss. Example: REDIS_URL=redis:/);
  expect(read).toThrow(/HANSE_MASTER_KEY is not 32 bytes in base64/);
  expect(read).toThrow(/STRIPE_WEBHOOK_SECRET is missing/);
});

test('an empty variable is an absent one', () => {
  expect(readConfig({ REDIS_URL: '' }).redisUrl).toBeUndefined();
});
