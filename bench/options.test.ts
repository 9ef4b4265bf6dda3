import { expect, test } from '@jest/globals';
import { readOptions, UsageError } from './options.js';

test('without arguments everything is measured', () => {
  expect(readOptions([])).toEqual({
    help: false,
    tables: ['storefront', 'start'],
    modes: ['one', 'separate'],
    clients: [1, 16],
    seconds: 5,
    products: 1_000,
    runs: 3,
    json: undefined,
  });
});

test('arguments choose', () => {
  expect(
    readOptions([
      'storefront',
      '--clients',
      '2,4',
      '--seconds',
      '0.5',
      '--mode',
      'one',
      '--json',
      'out.json',
    ]),
  ).toMatchObject({
    tables: ['storefront'],
    modes: ['one'],
    clients: [2, 4],
    seconds: 0.5,
    json: 'out.json',
  });
});

test.each([
  [['checkout'], 'There is no table "checkout". There are: storefront, start.'],
  [['--mode', 'two'], 'There is no mode "two". There are: one, separate.'],
  [['--clients', '1,0'], '--clients takes whole numbers from 1 to 1000: "0" is none.'],
  [['--seconds', '-1'], '--seconds'],
  [['--secs', '1'], "Unknown option '--secs'"],
])('what makes no sense is refused with a way out: %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(UsageError);
  expect(() => readOptions(args)).toThrow(message);
});
