import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideByLists, listKeysOf, riskListKinds, type Listed } from './rules.js';

const buyer = { mailKey: 'm', mailDomain: 'a.Shop.example', ipKey: 'i', ipCountry: 'DE', addressKey: 'a' };

test('a payment is looked for under all that is known of its buyer', () => {
  expect(listKeysOf('c', buyer)).toEqual([
    'CUSTOMER:c',
    'EMAIL:m',
    'EMAIL_DOMAIN:a.shop.example',
    'EMAIL_DOMAIN:shop.example',
    'IP_ADDRESS:i',
    'IP_COUNTRY:DE',
    'ADDRESS:a',
  ]);
  const unknown = { mailKey: null, mailDomain: null, ipKey: null, ipCountry: null, addressKey: null };
  expect(listKeysOf('c', unknown)).toEqual(['CUSTOMER:c']);
});

test('a domain of many parts is looked for by its last ones', () => {
  const keys = listKeysOf('c', { ...buyer, mailDomain: `${'a.'.repeat(100)}shop.example` });
  expect(keys.filter((key) => key.startsWith('EMAIL_DOMAIN'))).toHaveLength(7);
  expect(keys).toContain('EMAIL_DOMAIN:shop.example');
});

const entry: fc.Arbitrary<Listed> = fc.record({
  id: fc.uuid(),
  list: fc.constantFrom('ALLOW', 'DENY'),
  kind: fc.constantFrom(...riskListKinds),
});

test('one denial refuses, permissions alone accept, and all that was met is named', () => {
  expect(decideByLists([])).toBeNull();
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), (listed) => {
      const denied = listed.some(({ list }) => list === 'DENY');
      const decided = decideByLists(listed);
      expect(decided).toMatchObject(
        denied
          ? { score: 1, level: 'HIGH', decision: 'REFUSED' }
          : { score: 0, level: 'LOW', decision: 'ACCEPTED' },
      );
      expect(decided?.reasons.map(({ listEntryId }) => listEntryId).sort()).toEqual(
        listed.map(({ id }) => id).sort(),
      );
      expect(decided?.reasons[0]?.code.startsWith(denied ? 'DENIED_' : 'ALLOWED_')).toBe(true);
    }),
  );
});
