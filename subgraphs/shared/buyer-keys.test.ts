import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  addressKeyOf,
  ipKeyOf,
  mailKeyOf,
  sameConnection,
  sameMailbox,
  type PostalAddress,
} from './buyer-keys.js';
import { createVault } from './vault.js';

const address: PostalAddress = {
  line1: 'Mengstraße 4',
  line2: null,
  city: 'Lübeck',
  postalCode: '23552',
  country: 'DE',
};
const masterKey = randomBytes(32);
const vaultOf = (key: Buffer, schema: string) =>
  createVault({ masterKey: key, clock: () => new Date(), schema });
const vault = vaultOf(masterKey, 'orders');
const keyOf = (changes: Partial<PostalAddress> & Record<string, unknown>) =>
  addressKeyOf(vault, { ...address, ...changes });

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

test('a mailbox is the same whatever its letter case and what stands after a plus', () => {
  expect(sameMailbox(' Anna.K+Shop+2@Mail.Example')).toBe('anna.k@mail.example');
  expect(sameMailbox('+anna@mail.example')).toBe('+anna@mail.example');
  const all = ['anna@mail.example', 'ann.a@mail.example', 'anna@mail.example.com'];
  expect(new Set(all.map((one) => mailKeyOf(vault, one))).size).toBe(3);
});

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['2001:DB8:1:2::1', '2001:db8:1:2'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:1:3::1', '2001:db8:1:3'],
  ['::1', '0:0:0:0'],
  ['198.51.100.256', null],
  ['fe80::1%eth0', null],
  ['localhost', null],
  ['', null],
])('where %s comes from', (given, expected) => {
  expect(sameConnection(given)).toBe(expected);
  expect(ipKeyOf(vault, given) === null).toBe(expected === null);
});

test('a key tells nothing; all subgraphs of a shop make the same one, and another shop another', () => {
  const makers = [
    (one: typeof vault) => addressKeyOf(one, address),
    (one: typeof vault) => mailKeyOf(one, 'anna@mail.example'),
    (one: typeof vault) => ipKeyOf(one, '198.51.100.7'),
  ];
  for (const make of makers) {
    expect(make(vault)).toMatch(/^[\w-]{43}$/);
    expect(make(vaultOf(masterKey, 'payments'))).toBe(make(vault));
    expect(make(vaultOf(randomBytes(32), 'orders'))).not.toBe(make(vault));
  }
  expect(new Set(makers.map((make) => make(vault))).size).toBe(3);
});
