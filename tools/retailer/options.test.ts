import { expect, test } from '@jest/globals';
import { shopOptions, UsageError, wholeOption } from './options.js';

test('who signs in comes from options, the password from the environment as well, or it is a token', () => {
  const url = 'http://127.0.0.1:4000/graphql';
  const anna = { email: 'anna@hanse.example', password: 'secret' };
  expect(shopOptions(anna, {})).toEqual({ url, staff: anna });
  expect(shopOptions({ email: anna.email }, { HANSE_PASSWORD: 'secret' })).toEqual({ url, staff: anna });
  expect(shopOptions({ url: 'https://shop.example/graphql' }, { HANSE_TOKEN: 't' })).toEqual({
    url: 'https://shop.example/graphql',
    staff: { token: 't' },
  });
});

test('nobody, and an address that is none, are refused with words', () => {
  expect(() => shopOptions({}, {})).toThrow(UsageError);
  expect(() => shopOptions({ url: 'localhost:4000' }, { HANSE_TOKEN: 't' })).toThrow('--url is an address');
});

test('numbers within bounds', () => {
  expect(wholeOption('workers', '8', 1, 64)).toBe(8);
  expect(wholeOption('workers', undefined, 1, 64)).toBeNull();
  for (const wrong of ['0', '65', '1.5', 'many', '-1', ''])
    expect(() => wholeOption('workers', wrong, 1, 64)).toThrow('--workers is a number from 1 to 64');
});
