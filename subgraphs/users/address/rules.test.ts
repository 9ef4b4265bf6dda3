import { expect, test } from '@jest/globals';
import { addressErrors, overlapping, trimmed, type AddressDetails } from './rules.js';

const address: AddressDetails = {
  firstName: ' Ann ',
  lastName: 'Lee',
  company: '  ',
  line1: 'Kai 1',
  line2: null,
  city: 'Lübeck',
  state: ' SH',
  postalCode: '23552',
  country: 'DE',
  phone: null,
};

test('blanks around a field go, and an optional field of blanks is none', () => {
  expect(trimmed(address)).toEqual({ ...address, firstName: 'Ann', company: null, state: 'SH' });
  expect(addressErrors(trimmed(address))).toEqual([]);
});

test('what is empty or too long is named', () => {
  const wrong = { ...address, city: ' ', state: 'x'.repeat(101), postalCode: '1'.repeat(21) };
  expect(addressErrors(trimmed(wrong)).flatMap(({ field }) => field)).toEqual([
    'city',
    'postalCode',
    'state',
  ]);
});

test('a default for one purpose leaves that of the other alone', () => {
  expect(overlapping('SHIPPING')).not.toContain('BILLING');
  expect(overlapping('BILLING')).not.toContain('SHIPPING');
  for (const type of ['SHIPPING', 'BILLING', 'BOTH'] as const) expect(overlapping(type)).toContain('BOTH');
  expect(overlapping('BOTH')).toEqual(['BILLING', 'SHIPPING', 'BOTH']);
});
