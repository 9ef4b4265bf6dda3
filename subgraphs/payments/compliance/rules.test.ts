import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { money } from '../../shared/money.js';
import { readPaymentRules } from '../settings.js';
import { checkCompliance, complianceRules, refusalOf, requiredAge, type ComplianceFacts } from './rules.js';

const settings = readPaymentRules(undefined).compliance;
const fine: ComplianceFacts = {
  amount: money(2_000n, 'EUR'),
  shippingCountry: 'DE',
  billingCountry: 'DE',
  minimumAge: null,
  confirmedAge: null,
};

test.each<[string, Partial<ComplianceFacts>]>([
  ['CURRENCY_NOT_SUPPORTED', { amount: money(2_000n, 'XAU') }],
  ['AMOUNT_TOO_SMALL', { amount: money(49n, 'EUR') }],
  ['AMOUNT_TOO_LARGE', { amount: money(2_000_001n, 'EUR') }],
  ['COUNTRY_SANCTIONED', { shippingCountry: 'KP' }],
  ['COUNTRY_SANCTIONED', { billingCountry: 'IR' }],
  ['AGE_NOT_CONFIRMED', { minimumAge: 16 }],
  ['AGE_NOT_CONFIRMED', { minimumAge: 18, confirmedAge: 17 }],
])('%s alone refuses %j', (code, changes) => {
  expect(checkCompliance(fine, settings)).toEqual({ passed: true, reasons: [], findings: [] });
  const check = checkCompliance({ ...fine, ...changes }, settings);
  expect([check.passed, check.reasons, check.findings.length]).toEqual([false, [code], 1]);
});

test('each rule is tried above', () => {
  expect(complianceRules.map(({ code }) => code)).toEqual([
    'CURRENCY_NOT_SUPPORTED',
    'AMOUNT_TOO_SMALL',
    'AMOUNT_TOO_LARGE',
    'COUNTRY_SANCTIONED',
    'AGE_NOT_CONFIRMED',
  ]);
});

test('amounts are allowed from the least to the most of their currency', () => {
  for (const [code, { least, most }] of Object.entries(settings.currencies)) {
    const reasonsOf = (amount: bigint) =>
      checkCompliance({ ...fine, amount: money(amount, code) }, settings).reasons;
    expect(reasonsOf(least - 1n)).toEqual(['AMOUNT_TOO_SMALL']);
    expect([reasonsOf(least), reasonsOf(most)]).toEqual([[], []]);
    expect(reasonsOf(most + 1n)).toEqual(['AMOUNT_TOO_LARGE']);
  }
});

test('goods for adults are for those of the country that they go to, others for the age that they have', () => {
  const age = (minimumAge: number | null, shippingCountry: string | null) =>
    requiredAge({ minimumAge, shippingCountry }, settings);
  expect([
    age(null, 'US'),
    age(16, 'US'),
    age(18, 'DE'),
    age(18, 'US'),
    age(18, null),
    age(25, 'US'),
  ]).toEqual([null, 16, 18, 21, 18, 25]);
  const ofAge = (confirmedAge: number) =>
    checkCompliance({ ...fine, minimumAge: 18, shippingCountry: 'US', confirmedAge }, settings).passed;
  expect([ofAge(20), ofAge(21)]).toEqual([false, true]);
});

test('the buyer is told of an age only where nothing else stands in the way', () => {
  const told = (changes: Partial<ComplianceFacts>) =>
    refusalOf(checkCompliance({ ...fine, ...changes }, settings));
  expect(told({})).toBeNull();
  expect(told({ minimumAge: 18 })).toBe('age_not_confirmed');
  expect(told({ minimumAge: 18, shippingCountry: 'CU' })).toBe('compliance_refused');
});

test('a check passes exactly where it has no reason, and a greater confirmed age never refuses what a smaller one passes', () => {
  const country = fc.option(fc.constantFrom('DE', 'US', 'JP', 'IR', 'CU'));
  const facts = fc.record({
    amount: fc
      .tuple(fc.bigInt(1n, 60_000_000n), fc.constantFrom('EUR', 'JPY', 'ISK'))
      .map(([amount, code]) => money(amount, code)),
    shippingCountry: country,
    billingCountry: country,
    minimumAge: fc.option(fc.nat(30)),
    confirmedAge: fc.option(fc.nat(40)),
  });
  fc.assert(
    fc.property(facts, fc.nat(20), (one, more) => {
      const check = checkCompliance(one, settings);
      expect(check.passed).toBe(check.reasons.length === 0);
      const older = checkCompliance({ ...one, confirmedAge: (one.confirmedAge ?? 0) + more }, settings);
      for (const reason of older.reasons) expect(check.reasons).toContain(reason);
    }),
  );
});
