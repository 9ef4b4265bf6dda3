import { expect, test } from '@jest/globals';
import { clientsFor, readOptions, secondsFor, UsageError } from './options.js';

test('without arguments everything is measured', () => {
  expect(readOptions([])).toEqual({
    help: false,
    tables: ['storefront', 'checkout', 'flash-sale', 'reservation', 'start'],
    modes: ['one', 'separate'],
    clients: undefined,
    seconds: undefined,
    products: 1_000,
    stock: 500,
    runs: 3,
    json: undefined,
    profile: undefined,
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
  [
    ['checkuot'],
    'There is no table "checkuot". There are: storefront, checkout, flash-sale, reservation, start.',
  ],
  [['--mode', 'two'], 'There is no mode "two". There are: one, separate.'],
  [['--clients', '1,0'], '--clients takes whole numbers from 1 to 1000: "0" is none.'],
  [['--seconds', '-1'], '--seconds'],
  [['--secs', '1'], "Unknown option '--secs'"],
])('what makes no sense is refused with a way out: %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(UsageError);
  expect(() => readOptions(args)).toThrow(message);
});

test('a table has its own numbers of clients and seconds unless told', () => {
  const usual = readOptions([]);
  expect([clientsFor(usual, 'storefront'), secondsFor(usual, 'storefront')]).toEqual([[1, 16], 5]);
  expect([clientsFor(usual, 'checkout'), secondsFor(usual, 'checkout')]).toEqual([[1, 16, 64], 10]);
  const told = readOptions(['checkout', '--clients', '3', '--seconds', '2']);
  expect([clientsFor(told, 'checkout'), secondsFor(told, 'checkout')]).toEqual([[3], 2]);
});
