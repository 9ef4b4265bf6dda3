import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createVault } from '../../shared/vault.js';
import type { Address } from '../order/address.js';
import { someOrder } from '../tests/some-order.js';
import { addressKeyOf, minimumAgeOf } from './buyer.js';

const address: Address = {
  firstName: 'Ada',
  lastName: 'Möller',
  company: null,
  line1: 'Mengstraße 4',
  line2: null,
  city: 'Lübeck',
  state: null,
  postalCode: '23552',
  country: 'DE',
  phone: null,
};
const vaultOf = (masterKey: Buffer) => createVault({ masterKey, clock: () => new Date(), schema: 'orders' });
const vault = vaultOf(randomBytes(32));
const keyOf = (changes: Partial<Address>) => addressKeyOf(vault, { ...address, ...changes });

test('an address has the same key however it is written and whoever lives there, and another one has another', () => {
  const same = [
    { line1: ' MENGSTRASSE  4', city: 'LÜBECK' },
    { line1: 'Mengstraße, 4.', city: 'Lu\u0308beck', postalCode: '23 552' },
    { firstName: 'Bo', lastName: 'Any', phone: '+49 451 1', company: 'Salt', state: 'SH', line2: '' },
  ];
  for (const one of same) expect(keyOf(one)).toBe(keyOf({}));
  const others = [
    { line1: 'Mengstraße 5' },
    { line2: '3rd floor' },
    { postalCode: '23553' },
    { country: 'AT' },
  ];
  const keys = others.map(keyOf);
  expect(new Set([...keys, keyOf({})]).size).toBe(5);
});

test('a key tells nothing of the address, and another shop has another one for it', () => {
  expect(keyOf({})).toMatch(/^[\w-]{43}$/);
  expect(addressKeyOf(vaultOf(randomBytes(32)), address)).not.toBe(keyOf({}));
});

test('the age is the greatest of what is still to come', () => {
  const order = someOrder();
  expect(minimumAgeOf(order)).toBeNull();
  const [first, second] = order.items;
  if (!first || !second) throw new Error('someOrder has two items');
  const of16 = { ...first, minimumAge: 16 };
  const of18 = { ...second, minimumAge: 18 };
  expect(minimumAgeOf({ items: [of16, of18] })).toBe(18);
  expect(minimumAgeOf({ items: [of16, { ...of18, cancelledQuantity: of18.quantity }] })).toBe(16);
});
