import { expect, test } from '@jest/globals';
import { newId } from '../../shared/ids.js';
import { derivedUsername, fieldErrors, heldRoles, normalizedEmail, roleName, roleOfName } from './rules.js';

const fieldsOf = (changes: Parameters<typeof fieldErrors>[0]): (string | undefined)[] =>
  fieldErrors(changes, '2026-11-21').flatMap(({ field }) => field);

test('fields that are given and fit are right; absent ones are not judged', () => {
  expect(fieldsOf({})).toEqual([]);
  expect(
    fieldsOf({
      username: 'ann.lee_3-x',
      firstName: 'A',
      lastName: 'L'.repeat(100),
      dateOfBirth: '2026-11-20',
      avatarUrl: 'https://example.com/a.png',
      currencyCode: 'JPY',
    }),
  ).toEqual([]);
  expect(fieldsOf({ dateOfBirth: null, avatarUrl: null })).toEqual([]);
});

test.each([
  [{ username: 'ab' }, 'username'],
  [{ username: 'a'.repeat(21) }, 'username'],
  [{ username: '.ann' }, 'username'],
  [{ username: 'änn' }, 'username'],
  [{ firstName: '  ' }, 'firstName'],
  [{ lastName: 'L'.repeat(101) }, 'lastName'],
  [{ dateOfBirth: '2026-11-21' }, 'dateOfBirth'],
  [{ dateOfBirth: '1899-12-31' }, 'dateOfBirth'],
  [{ avatarUrl: 'javascript:alert(1)' }, 'avatarUrl'],
  [{ currencyCode: 'XQQ' }, 'currencyCode'],
])('%j is wrong at %s', (changes, field) => {
  expect(fieldsOf(changes)).toEqual([field]);
});

test('an address is the same in any case and with blanks around it', () => {
  expect(normalizedEmail(' Ann.Lee@Example.COM ')).toBe('ann.lee@example.com');
});

test('roles are held once, in their order, and always that of a customer', () => {
  expect(heldRoles([])).toEqual(['customer']);
  expect(heldRoles(['admin', 'support', 'admin'])).toEqual(['customer', 'support', 'admin']);
  expect(roleOfName(roleName('merchandiser'))).toBe('merchandiser');
});

test('a derived username is valid, and another for each id, however close they are', () => {
  const ids = Array.from({ length: 1_000 }, newId);
  const names = ids.map(derivedUsername);
  expect(names.flatMap((username) => fieldsOf({ username }))).toEqual([]);
  expect(new Set(names).size).toBe(ids.length);
});
