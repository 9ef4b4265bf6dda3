import { expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';
import { readDuration } from './order-variables.js';

test('times are minutes, hours and days', () => {
  expect(['30m', '12h', '7d'].map(readDuration)).toEqual([1_800_000, 43_200_000, 604_800_000]);
  for (const text of ['', '0m', '30', 'm', '1.5h', '-1d', '7w', ' 7d'])
    expect([text, readDuration(text)]).toEqual([text, null]);
});

test('hold times are read by method, and what is wrong with them is named', () => {
  const { orders } = readConfig({
    PAYMENT_HOLD_TIMES: 'BANK_TRANSFER:5d, PAYPAL:2h',
    ORDER_PAYMENT_TIME: '15m',
  });
  expect(orders).toMatchObject({
    paymentTimeMs: 900_000,
    holdTimesMs: { BANK_TRANSFER: 432_000_000, PAYPAL: 7_200_000 },
  });
  expect(readConfig({}).orders.holdTimesMs).toEqual({ BANK_TRANSFER: 604_800_000, CRYPTO: 3_600_000 });
  for (const wrong of ['CASH:5d', 'PAYPAL', 'PAYPAL:8d', 'PAYPAL:soon'])
    expect(() => readConfig({ PAYMENT_HOLD_TIMES: wrong })).toThrow(
      new ConfigError([
        `PAYMENT_HOLD_TIMES has "${wrong}", which is not METHOD:time with a time up to 7d. Example: PAYMENT_HOLD_TIMES=BANK_TRANSFER:7d,CRYPTO:1h`,
      ]),
    );
  expect(() => readConfig({ ORDER_PAYMENT_TIME: '8d' })).toThrow('ORDER_PAYMENT_TIME is not a time');
});
