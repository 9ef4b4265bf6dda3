import { expect, test } from '@jest/globals';
import { passwordErrors } from './rules.js';

const isWeak = (password: string): boolean =>
  passwordErrors(password, ['annabel', 'shop-fan', 'bo'], 'password').some(
    ({ code }) => code === 'WEAK_PASSWORD',
  );

test.each([
  'ninechars',
  'x'.repeat(129),
  'aaaabbbbcccc',
  '1234567890',
  'jihgfedcba',
  'Password123!',
  '123qwertz123',
  'I am Annabel!',
  'the shop-FAN of all',
])('%j is weak', (password) => {
  expect(isWeak(password)).toBe(true);
});

test.each([
  'correct horse battery',
  'tenletters',
  'ünïcödé pässwörd',
  'abc'.concat('-wordy-', 'x9'),
  'bobsled-rider',
])('%j is good enough', (password) => {
  expect(isWeak(password)).toBe(false);
});
