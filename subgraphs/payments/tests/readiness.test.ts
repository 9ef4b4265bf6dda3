import { expect, test } from '@jest/globals';
import { startPayments } from './payments-test.js';

test('without its provider payments is degraded and not down', async () => {
  const { payments, sandbox, parts, close } = await startPayments({ consume: false, webhooks: false });
  expect(await payments.ready()).toBeUndefined();
  await sandbox.stop();
  // The provider is not asked at every check.
  expect(await payments.ready()).toBeUndefined();
  parts.testClock.advance(10_000);
  expect(await payments.ready()).toBe(
    'the payment provider does not answer: orders can be placed and not paid',
  );
  await close();
});
