import { expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

test('stock is taken in few parcels, numbers are shown when they are low, 25 orders are held for a customer, 8 days at most', () => {
  expect(readConfig({}).stock).toEqual({
    ...{ allocation: 'FEWEST_PARCELS', numbers: 'low', openReservations: 25, maxHoldMs: 691_200_000 },
  });
});

test('settings of stock are read, and what is wrong with them is named with a way out', () => {
  const env = { STOCK_ALLOCATION: 'NEAREST', STOCK_NUMBERS: 'never', STOCK_OPEN_RESERVATIONS: 'off' };
  expect(readConfig({ ...env, STOCK_MAX_HOLD_DAYS: '2' }).stock).toEqual({
    ...{ allocation: 'NEAREST', numbers: 'never', openReservations: null, maxHoldMs: 172_800_000 },
  });
  for (const [name, wrong, message] of [
    [
      'STOCK_OPEN_RESERVATIONS',
      '0',
      'is neither a number above 0 nor "off". Example: STOCK_OPEN_RESERVATIONS=10',
    ],
    ['STOCK_MAX_HOLD_DAYS', 'long', 'is not a number of days above 0. Example: STOCK_MAX_HOLD_DAYS=8'],
  ] as const)
    expect(() => readConfig({ [name]: wrong })).toThrow(new ConfigError([`${name} ${message}`]));
  expect(() => readConfig({ STOCK_ALLOCATION: 'FAR' })).toThrow('STOCK_ALLOCATION');
  expect(() => readConfig({ STOCK_NUMBERS: 'some' })).toThrow('STOCK_NUMBERS');
});
