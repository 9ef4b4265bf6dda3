import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkHandle, handleOf } from './rules.js';

test.each([
  ['Brass Oil-Lamp (été)', 'brass-oil-lamp-ete'],
  ['  Große Ærø!  ', 'grosse-aero'],
  ['3 × 4 cm', '3-4-cm'],
  ['灯', ''],
])('the handle of %s is %s', (name, handle) => expect(handleOf(name)).toBe(handle));

test('every handle that is made and not empty is a handle', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
      const handle = handleOf(name);
      expect(handle === '' || checkHandle(handle, []).length === 0).toBe(true);
    }),
  );
});

test.each(['', 'Upper', 'a--b', '-a', 'a-', 'a b', 'ä', 'a'.repeat(101)])('%j is no handle', (handle) =>
  expect(checkHandle(handle, ['handle'])).toMatchObject([{ code: 'INVALID_INPUT', field: ['handle'] }]),
);
